/**
 * One library in a process of its own, started by `libraries.ts` twice: as it is installed, and under `--import
 * @giveway/node/register`. The parent asks for one round after the other, so that a change of the machine's speed meets both.
 */
import { Pure } from "@giveway/core"
import * as Steppable from "@giveway/core/Steppable"
import { Effect } from "effect"
import * as module from "node:module"
import { setImmediate } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { quantile } from "../statistics.ts"
import { libraries } from "./libraries.ts"

export type Question = "round" | "slices" | "timeout" | "files"

/** The library's own files, as they are loaded. */
const files: Array<string> = []
module.registerHooks({
  load: (url, context, nextLoad) => {
    if (url.startsWith("file:") && url.includes(`/node_modules/${library.package}/`)) files.push(fileURLToPath(url))
    return nextLoad(url, context)
  }
})

const library = libraries[process.argv[2]!]!
const { args, digest, run } = await library.load()
const call = run as (...args: ReadonlyArray<unknown>) => unknown
const twin = Steppable.twinOf(run)

const never = Steppable.clockPolicy(
  () => false,
  () => {}
)

const whole = (): unknown => (twin === undefined ? call(...args) : new Steppable.Activation().begin(twin, args, never))

const slices = async () => {
  let sliceStart = 0
  const policy = Steppable.clockPolicy(
    () => performance.now() - sliceStart >= 1,
    () => {
      sliceStart = performance.now()
    }
  )
  const lengths: Array<number> = []
  const slice = (work: () => unknown): unknown => {
    const from = performance.now()
    const result = work()
    lengths.push(performance.now() - from)
    return result
  }
  for (const end = performance.now() + 1000; performance.now() < end;) {
    const activation = new Steppable.Activation()
    let result = slice(() => (twin === undefined ? call(...args) : activation.begin(twin, args, policy)))
    while (result === Steppable.SUSPENDED) {
      await setImmediate()
      result = slice(() => activation.step(policy))
    }
    await setImmediate()
  }
  return { sliceP99Ms: quantile(lengths, 0.99), sliceMaxMs: quantile(lengths, 1) }
}

/** How late `Effect.timeout("50 millis")` is; the library's call is repeated, so that it is always longer. */
const timeout = async () => {
  const pure = Pure.fn("library", call)
  const start = performance.now()
  await Effect.runPromise(Effect.exit(Effect.forever(pure(...args)).pipe(Effect.timeout("50 millis"))))
  return performance.now() - start - 50
}

const answer = async (question: Question): Promise<unknown> => {
  switch (question) {
    case "round": {
      const from = performance.now()
      const result = whole()
      return { ms: performance.now() - from, digest: digest(result as never) }
    }
    case "slices":
      return await slices()
    case "timeout":
      return await timeout()
    case "files":
      return files
  }
}

process.on("message", (question: Question) => void answer(question).then((value) => process.send!({ value })))
process.send!({ value: twin !== undefined })
