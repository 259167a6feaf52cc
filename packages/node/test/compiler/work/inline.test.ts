/**
 * Inline work on real workers: a main module with side effects, in a process of its own, compiled by the hook; and the
 * same without it.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it } from "vitest"

const programs = fileURLToPath(new URL("../programs", import.meta.url))

const node = (...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, ["--conditions=giveway-source", ...args, "inline.ts"], {
    cwd: programs,
    timeout: 60_000
  })

const lineOf = (text: string): number =>
  readFileSync(`${programs}/inline.ts`, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

describe("under register", () => {
  let stdout: string
  let stderr: string
  // the output of the program
  let seen: any

  beforeAll(async () => {
    const out = await node("--import", "@giveway/node/register")
    stdout = out.stdout
    stderr = out.stderr
    seen = JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{"))!)
  }, 60_000)

  it("runs on workers, which do not evaluate the module it stands in", () => {
    assert.isAbove(seen.thread, 0)
    assert.lengthOf(stdout.match(/evaluated on/g)!, 1)
  })

  it("means the same there as here, with everything that it uses of its module", () => {
    assert.deepStrictEqual(seen.differing, [])
  })

  it("captures parameters, constants and functions around it, each time anew", () => {
    assert.deepStrictEqual(seen.around, [14, 18, 22, 0, 2, 4])
  })

  it("stops at its next yield point, so that no worker is killed", () => {
    assert.strictEqual(seen.stopped._tag, "None")
    assert.strictEqual(seen.killed, 0)
  })

  it("an error that it throws is the cause of JobDied, with the lines of both sides", () => {
    const { cause, message, name, stack } = seen.failing.thrown
    assert.deepStrictEqual([name, cause], ["JobDied", "RangeError"])
    assert.include(message, `"thrown at inline.ts:${lineOf("thrown: Compute.fn")}:`)
    assert.include(stack, `/inline.ts:${lineOf("throw new RangeError")}:`)
    assert.include(stack, "below: the call")
  })

  it("fails with an error of its schema, an instance of the class here", () => {
    assert.deepInclude(seen.failing.declared, { name: "TooLong", twice: 8 })
    assert.deepInclude(seen.failing.thrownDeclared, { name: "TooLong", twice: 10 })
  })

  it("without a schema, plain data crosses as it is, and nothing else does", () => {
    const { argument, captured, ofClass, plain } = seen.failing
    assert.deepStrictEqual(plain, { plain: { code: 7 } })
    assert.strictEqual(ofClass.name, "ResultInvalid")
    assert.include(ofClass.message, "at point, got Point")
    assert.strictEqual(argument.name, "PayloadInvalid")
    assert.include(argument.message, "at args.0, got Point")
    assert.include(captured.message, "at captured.log, got a function")
  })

  it("refused, it says why, here and when it runs", () => {
    const place = `inline.ts:${lineOf("refused: Compute.fn")}`
    assert.match(stderr, new RegExp(`^giveway: .*/${place}:\\d+: refused is refused, because counter changes`, "m"))
    assert.strictEqual(seen.failing.refused.name, "NotExtracted")
    assert.include(seen.failing.refused.message, `counter changes: a worker would have its own (${place})`)
  })

  it("its logs come home", () => {
    assert.deepStrictEqual(seen.logs, [["from the job"]])
  })
})

it("a file that is another one by the time a worker loads it is a typed error", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-inline-"))
  try {
    symlinkSync(fileURLToPath(new URL("../../../../../node_modules", import.meta.url)), join(folder, "node_modules"))
    writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
    const file = join(folder, "changes.js")
    writeFileSync(
      file,
      `import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect } from "effect"
import { appendFileSync } from "node:fs"

appendFileSync(import.meta.filename, "// another one")
const error = await Effect.runPromise(Effect.flip(Compute.fn(() => 1)()).pipe(Effect.provide(NodeCompute.layer())))
console.log(error.message)
`
    )
    const register = ["--conditions=giveway-source", "--import", import.meta.resolve("@giveway/node/register")]
    const { stdout } = await promisify(execFile)(process.execPath, [...register, file], {
      cwd: folder,
      timeout: 60_000
    })
    assert.match(stdout, /could not import .*changes\.js\?giveway=0-\w+ .*has changed since the program was loaded/)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

it("uncompiled, it is a typed error that names the fix", { timeout: 60_000 }, async () => {
  const { stderr } = await node().then(
    () => assert.fail("it ran"),
    (failed: { readonly stderr: string }) => failed
  )
  assert.include(stderr, "NotExtracted")
  assert.include(stderr, "Start the program with --import @giveway/node/register")
})
