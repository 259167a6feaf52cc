/**
 * A service with more long names than any table holds. A line on standard input lets a fiber hold the loop under a name that is long and hostile.
 */
import { Giveway } from "@giveway/node"
import { Console, Effect } from "effect"

const hostile = `a\ngiveway: forged\r\x1b[2J\x9b\u202e${"n".repeat(17_000)}`

const run = (name: string) => Effect.forkChild(Effect.sleep("1 millis").pipe(Effect.withSpan(name)))

const order = Effect.callback<void>((resume) => void process.stdin.once("data", () => resume(Effect.void)))

const hold = Effect.sync(() => {
  for (;;);
}).pipe(Effect.withSpan(hostile))

Giveway.runMain(
  Effect.gen(function* () {
    for (let i = 0; i < 40; i++) yield* run(`${i}${"m".repeat(1_000_000)}`)
    for (let i = 0; i < 4200; i++) yield* run(`${i}${"k".repeat(4_000)}`)
    yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan(hostile)))
    yield* Effect.sleep("300 millis")
    yield* Console.log("ready")
    yield* order
    yield* hold
  }),
  { compute: { maxWorkers: 1, standby: false }, sysmon: { serve: { socket: true, signal: true }, grace: 0 } }
)
