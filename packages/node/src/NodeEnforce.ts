/**
 * Enforcement for plain synchronous code on Node: a marked region that holds the thread past a hard limit is stopped.
 *
 * V8 can stop JavaScript anywhere. For code without yield points that is the only way, and a brutal one: no more of the code
 * runs, not even `finally`. `vm.Script` with a `timeout` confines that to the region; the code around it goes on.
 *
 * Never used: the inspector's `Runtime.terminateExecution`. It stops any code that runs, Node's own hooks too, and so ends the
 * process.
 *
 * @module
 */
import "./thread/checkedNode.ts"
import { Script } from "node:vm"
import { Overran } from "@giveway/core/Enforce"
import { options as readers, remember } from "@giveway/core/Platform"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

const key = Symbol.for("~giveway/region")

/** Compiled at the first region. */
let script: Script | undefined

const globals = globalThis as { [key]?: (() => void) | undefined }

type Ended<A> = { readonly value: A } | { readonly thrown: unknown }

/** Calls `f`; `undefined` if it was stopped after `limitMs`. */
const call = <A>(f: () => A, limitMs: number): Ended<A> | undefined => {
  script ??= new Script(`globalThis[Symbol.for("~giveway/region")]()`, { filename: "giveway:region" })
  let ended: Ended<A> | undefined
  const outer = globals[key]
  const restore = remember()
  globals[key] = () => {
    try {
      ended = { value: f() }
    } catch (thrown) {
      ended = { thrown }
    }
  }
  try {
    script.runInThisContext({ timeout: Math.ceil(limitMs), displayErrors: false })
  } catch (error) {
    // errors of f are in ended
    if (ended === undefined && !isTimeout(error)) throw error
    if (ended === undefined) restore()
  } finally {
    globals[key] = outer
  }
  return ended
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT"

interface RegionOptions {
  readonly name?: string | undefined
}

const of = "NodeEnforce.region"

const readOptions = readers.fields({ name: readers.optional(readers.text) } satisfies readers.Readers<RegionOptions>)

const resolve = (limit: Duration.Input, options: RegionOptions | undefined) =>
  Result.flatMap(readers.limit(limit, of, "limit"), (limitMs) =>
    Result.map(readers.read(readOptions, of, options), ({ name }) => ({ limitMs, name }))
  )

/**
 * Runs a synchronous function like `Effect.sync`, and stops it if it holds the thread for longer than `limit`. The result is
 * the failure `Overran`, the fiber's finalizers run, and the service lives.
 *
 * **When to use**: around a call of code that you did not write and that may hang on some input: a regular expression over a
 * client's text, a template, a parser. For code of your own `Pure` and `Compute` are better: they stop where it is safe.
 *
 * **Gotchas**: the function may be stopped anywhere. Its own `finally` and `catch` blocks do **not** run, so data that it was
 * changing stays half changed: let it change no data that outlives it. It must not run effects, nor return a promise whose work
 * goes on after it. A native call (`JSON.parse`, a sort without a comparator) is stopped when it returns, a regular expression at
 * once.
 *
 * **Errors**: `Overran`. A limit below 1 ms is a defect, an `InvalidOption`. An error that `f` throws is a defect, as in
 * `Effect.sync`.
 *
 * **Cost**: a thread that keeps the time is started and ended for each call: 0.15 to 0.5 ms.
 *
 * **Example**
 *
 * ```ts
 * import { NodeEnforce } from "@giveway/node"
 * import { Effect } from "effect"
 *
 * const matches = (text: string) => NodeEnforce.region("50 millis", () => /^(a+)+$/.test(text))
 *
 * const answer = matches(`${"a".repeat(50)}b`).pipe(
 *   Effect.catchTag("Overran", ({ limitMs }) => Effect.succeed(`no answer within ${limitMs} ms`))
 * )
 * console.log(await Effect.runPromise(answer)) // no answer within 50 ms
 * ```
 *
 * @category enforcement
 * @since 0.1.0
 */
export const region = <A>(limit: Duration.Input, f: () => A, options?: RegionOptions): Effect.Effect<A, Overran> =>
  readers.orDie(resolve(limit, options), ({ limitMs, name }) =>
    Effect.suspend((): Effect.Effect<A, Overran> => {
      const begun = performance.now()
      const ended = call(f, limitMs)
      if (ended === undefined) {
        return Effect.fail(new Overran({ name: name ?? nameOf(f), limitMs, ranMs: performance.now() - begun }))
      }
      return "value" in ended ? Effect.succeed(ended.value) : Effect.die(ended.thrown)
    })
  )

const nameOf = ({ name }: { readonly name: string }): string | undefined => (name === "" ? undefined : name)
