/**
 * A supervised process that rests, for `watch/rest.test.ts`. Each line of its standard input is a case: it holds the loop in that way until
 * the file of its first argument is there, or its second argument, a pipe, is written to. It prints its start, each hold that
 * is over, and each record, as lines of JSON.
 *
 * Nothing of the program wakes the loop meanwhile. A line that comes is an event, after which the loop's callbacks run before Node's
 * immediates; a timer's callback runs after them.
 */
import { execFileSync } from "node:child_process"
import { existsSync, openSync, readSync } from "node:fs"
import { Worker } from "node:worker_threads"
import type { Starvation } from "@giveway/core"
import { FairScheduler, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"

export type News =
  | { readonly _tag: "Up" }
  | { readonly _tag: "Held"; readonly from: number; readonly to: number }
  | { readonly _tag: "Resources"; readonly names: ReadonlyArray<string> }
  | { readonly _tag: "Record"; readonly record: Starvation.Starvation }

const [told = "", pipe = ""] = process.argv.slice(2)

const now = (): number => performance.timeOrigin + performance.now()

const say = (news: News): void => void process.stdout.write(`${JSON.stringify(news)}\n`)

let sink = 0

/** Looks so seldom that its system calls do not count. */
const computeUntilTold = (): void => {
  while (!existsSync(told)) for (let i = 0; i < 1_000_000; i++) sink = Math.imul(sink ^ i, 48_271)
}

const held = (f: () => void): void => {
  const from = now()
  f()
  say({ _tag: "Held", from, to: now() })
}

const runtime = ManagedRuntime.make(
  Layer.provideMerge(
    NodeSysmon.layer({ threshold: "50 millis", grace: 0, perMinute: { alike: 1000, all: 1000 } }),
    FairScheduler.layer()
  )
)

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Frees the lock once the file is there. */
const freeing = new Worker(
  `const { existsSync } = require("node:fs"), { workerData: { cell, told } } = require("node:worker_threads")
   setInterval(() => existsSync(told) && Atomics.notify(cell, 0), 50)`,
  { eval: true, workerData: { cell, told } }
)
freeing.unref()

const cases: Readonly<Record<string, () => void>> = {
  // in the callback of the event
  event: () => held(computeUntilTold),
  blocked: () => held(() => void execFileSync("sh", ["-c", `until [ -e '${told}' ]; do sleep 0.05; done`])),
  pipe: () => held(() => void readSync(openSync(pipe, "r"), Buffer.alloc(1), 0, 1, null)),
  lock: () => held(() => void Atomics.wait(cell, 0, 0)),
  // after the loop has slept again
  timers: () => {
    const timers = Array.from({ length: 2000 }, () =>
      setTimeout(() => {
        for (const end = performance.now() + 5; performance.now() < end;) sink++
        if (!existsSync(told)) return
        for (const timer of timers) clearTimeout(timer)
        // those that were due in the same moment hold the loop in one turn
        say({ _tag: "Held", from: now(), to: now() })
      }, 300)
    )
  },
  resources: () => void setTimeout(() => say({ _tag: "Resources", names: process.getActiveResourcesInfo() }), 300),
  fiber: () =>
    void setTimeout(() => runtime.runFork(Effect.sync(() => held(computeUntilTold)).pipe(Effect.withSpan("job"))), 300)
}

const { starvation } = await runtime.runPromise(Effect.service(Supervision.Supervision))
runtime.runFork(Stream.runForEach(starvation, (record) => Effect.sync(() => say({ _tag: "Record", record }))))
process.stdin.on("data", (line) => cases[String(line).trim()]!())
say({ _tag: "Up" })
