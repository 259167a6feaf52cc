import { assert, describe, it } from "vitest"
import { ModuleLoads } from "../../../src/internal/worker/moduleLoads.ts"

const url = "file:///tasks.ts"

const gate = () => {
  let open!: () => void
  let fail!: (error: Error) => void
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve
    fail = reject
  })
  return { promise, open, fail }
}

const failure = (promise: Promise<void>): Promise<Error | undefined> =>
  promise.then(
    () => undefined,
    (error: Error) => error
  )

describe("the module of a task", () => {
  it("runs none of its tasks before it has loaded, and is imported once by all who wait", async () => {
    let imports = 0
    const { open, promise } = gate()
    const modules = new ModuleLoads(() => {
      imports++
      return promise
    })
    assert.isFalse(modules.isUnfinished(url))
    const loads = [modules.load(url, 1e6), modules.load(url, 1e6)]
    assert.isTrue(modules.isUnfinished(url))
    open()
    await Promise.all(loads)
    assert.isFalse(modules.isUnfinished(url))
    assert.strictEqual(imports, 1)
  })

  it("that failed runs none of them, until an import succeeds", async () => {
    const answers = [Promise.reject(new Error("half")), Promise.resolve()]
    const modules = new ModuleLoads(() => answers.shift()!)
    assert.strictEqual((await failure(modules.load(url, 1e6)))?.message, "half")
    assert.isTrue(modules.isUnfinished(url))
    assert.isUndefined(await failure(modules.load(url, 1e6)))
    assert.isFalse(modules.isUnfinished(url))
  })

  it("that never ends has a limit, which later jobs do not wait for again, and may still end", async () => {
    const { open, promise } = gate()
    const modules = new ModuleLoads(() => promise)
    const begun = performance.now()
    const [first, second] = await Promise.all([failure(modules.load(url, 0)), failure(modules.load(url, 0))])
    assert.match(first!.message, /^the module file:\/\/\/tasks\.ts has not loaded after 1 s\..*top-level await/)
    assert.instanceOf(second, Error)
    assert.isAtLeast(performance.now() - begun, 900)
    assert.isTrue(modules.isUnfinished(url))
    const third = modules.load(url, 0)
    open()
    await third
    assert.isFalse(modules.isUnfinished(url))
  })
})
