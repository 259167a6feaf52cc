/**
 * Threads of Giveway's own that are killed beside a program, which goes on: they come back and know what they knew.
 */
import { assert, it } from "@effect/vitest"
import { Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Effect, Exit, Layer, Logger, Scope } from "effect"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Worker } from "node:worker_threads"
import { ask } from "./served.ts"

/** The threads that start from now on, in their order. */
const threads = Effect.acquireRelease(
  Effect.sync(() => {
    const started: Array<Worker> = []
    const note = (worker: Worker): void => void started.push(worker)
    process.on("worker", note)
    return { started, forget: () => process.off("worker", note) }
  }),
  ({ forget }) => Effect.sync(forget)
).pipe(Effect.map(({ started }) => started))

const logs = () => {
  const logged: Array<string> = []
  const logger = Logger.make<unknown, void>(({ message }) => void logged.push(String(message)))
  return { logged, layer: Logger.layer([logger]) }
}

const until = <A>(look: () => A | undefined | Promise<A | undefined>) =>
  Effect.promise(async () => {
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })

/** This thread's own computing time, ms: on a busy machine the wall clock would count that of others. */
const computed = (): number => {
  const { system, user } = process.threadCpuUsage()
  return (system + user) / 1000
}

const hold = (name: string) =>
  Effect.sync(() => {
    for (const end = computed() + 120; computed() < end;) for (let i = 0; i < 100_000; i++);
  }).pipe(Effect.withSpan(name), Effect.forkChild, Effect.andThen(Effect.sleep("300 millis")))

/** Holds the loop until a hold is seen as such: on a busy machine most of it may be the machine's. */
const holdUntil = <A>(look: Effect.Effect<A | undefined>) =>
  Effect.andThen(hold("checkout"), look).pipe(
    Effect.repeat({ until: (found) => found !== undefined }),
    Effect.map((found) => found!)
  )

/** A folder for the sockets of this test alone. */
const runtimeFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const before = process.env["XDG_RUNTIME_DIR"]
    const folder = mkdtempSync(join(tmpdir(), "giveway-restarts-"))
    process.env["XDG_RUNTIME_DIR"] = folder
    return { folder, before }
  }),
  ({ before, folder }) =>
    Effect.sync(() => {
      if (before === undefined) delete process.env["XDG_RUNTIME_DIR"]
      else process.env["XDG_RUNTIME_DIR"] = before
      rmSync(folder, { recursive: true })
    })
).pipe(Effect.map(({ folder }) => folder))

const kill = (worker: Worker) => Effect.promise(() => worker.terminate())

it.live("a sysmon thread that was killed watches again: a stall has its line, and the time without it is none", () =>
  Effect.gen(function* () {
    const started = yield* threads
    const { layer, logged } = logs()
    yield* Effect.gen(function* () {
      const supervision = yield* Supervision.Supervision
      const killedAt = performance.timeOrigin + performance.now()
      yield* kill(started[0]!)
      const again = yield* until(() => started[1])
      // its first word: it watches
      yield* Effect.promise(() => once(again, "message"))
      const backAt = performance.timeOrigin + performance.now()
      const stall = yield* holdUntil(
        Effect.map(supervision.recent, (recent) =>
          recent.find(({ hog: { late, name, place } }) => name === "checkout" && place !== undefined && !late)
        )
      )
      assert.include(stall.hog.place?.file, "Giveway.restarts.test.ts")
      for (const { durationMs, startedAt } of yield* supervision.recent) {
        assert.isFalse(startedAt <= killedAt && startedAt + durationMs >= backAt)
      }
      assert.deepStrictEqual(
        logged.filter((line) => line.includes("thread ended")),
        [
          "Giveway: the sysmon thread ended: Error: the thread ended with exit code 1. It is started again in 0.25 s, and until then stalls are not reported while they last"
        ]
      )
    }).pipe(Effect.provide(NodeSysmon.layer({ logs: false }).pipe(Layer.provideMerge(layer))))
  })
)

it.live("a diagnostics thread that was killed serves the same addresses again, and knows names and counts", () =>
  Effect.gen(function* () {
    const started = yield* threads
    const { layer, logged } = logs()
    const folder = yield* runtimeFolder
    yield* Effect.gen(function* () {
      const port = Number(/http:\S+:(\d+)/.exec(logged.find((line) => line.includes("diagnostics at"))!)![1])
      const socketPath = join(folder, "giveway", `${process.pid}.sock`)
      const count = /^giveway_stalls_total\{cause="slice"\} (\d+)$/m
      const metrics = async (options: { readonly port: number } | { readonly socketPath: string }) => {
        try {
          const { body } = await ask({ ...options, host: "127.0.0.1", path: "/metrics" })
          return body.includes('giveway_self_seconds_total{name="checkout"}') ? count.exec(body)?.[1] : undefined
        } catch {
          return undefined
        }
      }
      const before = Number(yield* holdUntil(Effect.promise(() => metrics({ port }))))
      // one, and then one that sysmon has to find again as well
      yield* kill(started[1]!)
      yield* until(() => started[2])
      assert.isAtLeast(Number(yield* until(() => metrics({ port }))), before)
      assert.isAtLeast(Number(yield* until(() => metrics({ socketPath }))), before)
      yield* kill(started[0]!)
      yield* until(() => started[3])
      assert.isAtLeast(Number(yield* until(() => metrics({ port }))), before)
      assert.lengthOf(
        logged.filter((line) => line.includes("thread ended")),
        2
      )
    }).pipe(
      Effect.provide(
        NodeSysmon.layer({ logs: false, serve: { port: 0, socket: true } }).pipe(Layer.provideMerge(layer))
      )
    )
  })
)

it.live("of two layers at once each works, and when the first closes the other is found at the socket", () =>
  Effect.gen(function* () {
    const folder = yield* runtimeFolder
    const socketPath = join(folder, "giveway", `${process.pid}.sock`)
    const status = async () => {
      try {
        return (await ask({ socketPath, path: "/overview" })).status
      } catch {
        return undefined
      }
    }
    const build = Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(NodeSysmon.layer({ logs: false, serve: { socket: true } }), scope)
      return scope
    })
    const first = yield* build
    assert.strictEqual(yield* until(status), 200)
    const second = yield* build
    assert.strictEqual(yield* until(status), 200)
    yield* Scope.close(first, Exit.void)
    assert.strictEqual(yield* until(status), 200)
    yield* Scope.close(second, Exit.void)
    assert.isUndefined(yield* Effect.promise(status))
  }).pipe(Effect.provide(logs().layer))
)
