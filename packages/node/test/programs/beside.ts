/**
 * Programs that begin beside the start of Giveway's parts, run by `start/beside.test.ts`. The argument says which one.
 */
import { setTimeout as after } from "node:timers"
import { isMainThread, Worker } from "node:worker_threads"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Giveway from "@giveway/node/Giveway"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"

const busy = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** What runs first of all that a program can ask for. No timer: it is due when a millisecond has passed. */
const order = Effect.gen(function* () {
  const log: Array<string> = []
  const say = (word: string) => Effect.sync(() => void log.push(word))
  const gate = yield* Deferred.make<void>()
  const fibers: Array<Fiber.Fiber<void>> = []
  for (const n of [1, 2, 3]) {
    const child = Effect.all([say(`a${n}`), Deferred.await(gate), say(`b${n}`), Effect.yieldNow, say(`c${n}`)])
    fibers.push(yield* Effect.forkChild(Effect.asVoid(child)))
  }
  setImmediate(() => log.push("immediate"))
  yield* Effect.yieldNow
  yield* say("main")
  yield* Deferred.succeed(gate, undefined)
  yield* say("opened")
  yield* Effect.forEach(fibers, Fiber.join)
  console.log(log.join(" "))
})

const waits = Effect.gen(function* () {
  yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("child")))
  yield* Effect.sync(() => after(() => process.kill(process.pid, "SIGUSR2"), 500))
  yield* Effect.sleep("2 seconds")
}).pipe(Effect.withSpan("waits"))

const listens = Effect.callback<void>((resume) => {
  process.once("SIGUSR2", () => {
    console.log("the program's own")
    after(() => resume(Effect.void), 500)
  })
  after(() => process.kill(process.pid, "SIGUSR2"), 500)
})

const programs: Readonly<Record<string, Effect.Effect<unknown>>> = {
  endless: Effect.sync(() => busy(60_000)).pipe(Effect.withSpan("endless")),
  "at once": Effect.sync(() => busy(1_500)).pipe(Effect.withSpan("at once")),
  lives: Effect.andThen(
    Effect.sleep("2 seconds"),
    Effect.sync(() => console.log("lived"))
  ),
  "holds late": Effect.sleep("500 millis").pipe(
    Effect.andThen(Effect.sync(() => busy(1_500))),
    Effect.withSpan("holds late"),
    Effect.andThen(Effect.sleep("500 millis"))
  ),
  order,
  waits,
  listens
}

const [name = "", how = ""] = process.argv.slice(2)
if (how === "worker" && isMainThread) void new Worker(new URL(import.meta.url), { argv: [name, how] })
else if (how === "effect") NodeRuntime.runMain(programs[name]!)
else Giveway.runMain(programs[name]!, how === "asked" ? { sysmon: {} } : {})
