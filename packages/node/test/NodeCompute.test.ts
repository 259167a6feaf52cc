/**
 * Jobs on real worker threads: results, workers, whole processes, configuration.
 */
import { execFile, spawn } from "node:child_process"
import { availableParallelism, getPriority } from "node:os"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { Compute, InvalidOption } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Config, ConfigProvider, Effect, Fiber, Layer, Logger, Metric } from "effect"
import { pool, read, shared, until, worksOn } from "./pool.ts"
import * as jobs from "./tasks/jobs.ts"
import { niceAtStart } from "./tasks/niceAtStart.ts"

describe("results", () => {
  it.live("come back decoded, from another thread", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
      assert.isAbove(yield* Compute.run(jobs.where, undefined), 0)
      const error = yield* Effect.flip(Compute.run(jobs.refuse, "no"))
      assert.instanceOf(error, jobs.Refused)
      assert.strictEqual(error.reason, "no")
    }).pipe(pool())
  )

  it.live("of small payloads after a large one, and of a large one after small ones", () =>
    Effect.gen(function* () {
      const large = "x".repeat(300_000)
      for (const payload of [large, 1, 2, large, 3]) {
        assert.strictEqual(yield* Compute.run(jobs.echo, payload), payload)
      }
      const lists = [[large, "a"], ["b"], ["c", "d"], [large], ["e"]]
      for (const list of lists) {
        assert.deepStrictEqual(yield* Compute.forEach(list, jobs.echo, { chunk: 2 }), list)
      }
    }).pipe(pool())
  )

  it.live("of short jobs do not wait for a long one on another worker", () =>
    Effect.gen(function* () {
      const long = yield* Effect.forkChild(Compute.run(jobs.spin, 10_000))
      yield* Effect.forEach(Array.from({ length: 20 }), () => Compute.run(jobs.spin, 1), { concurrency: "unbounded" })
      assert.isUndefined(long.pollUnsafe())
      yield* Fiber.interrupt(long)
    }).pipe(pool({ maxWorkers: 2 }))
  )
})

describe("a plain handler with yield points", () => {
  for (const yieldPoints of [true, false]) {
    it.live(`returns and fails as it is written (${yieldPoints ? "compiled" : "as it is"})`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Compute.run(jobs.failsInLoop, 2_000_000), 2_000_001_000_000)
        assert.deepStrictEqual(yield* Effect.flip(Compute.run(jobs.failsInLoop, 4_000_000)), { at: 3_000_000 })
      }).pipe(pool({ yieldPoints }))
    )
  }
})

describe("a worker", () => {
  it.live("builds a layer once for all its tasks, and releases it when the pool closes", () =>
    Effect.gen(function* () {
      const buffer = shared()
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.learn, buffer)
        assert.deepStrictEqual(
          [
            yield* Compute.run(jobs.use, undefined),
            yield* Compute.run(jobs.useToo, undefined),
            yield* Compute.run(jobs.use, undefined)
          ],
          [1, 2, 3]
        )
        assert.deepStrictEqual([read(buffer, "built"), read(buffer, "released")], [1, 0])
      }).pipe(pool())
      assert.deepStrictEqual([read(buffer, "built"), read(buffer, "released")], [1, 1])
    })
  )

  it.live("that crashes between two jobs is reported and replaced", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make(({ logLevel, message }) => void lines.push(`${logLevel} ${String(message)}`))
      yield* Effect.gen(function* () {
        yield* Compute.run(jobs.breaksAfterwards, undefined)
        yield* until(() => lines.length > 0)
        yield* worksOn
      }).pipe(pool(), Effect.provide(Logger.layer([logger])))
      assert.strictEqual(lines.length, 1)
      assert.match(
        lines[0]!,
        /^Warn Code that a job of task "breaksAfterwards" left behind on compute worker 1 .*it broke when the job was over/
      )
    })
  )

  if (process.platform === "linux") {
    it.live("runs at a lower priority, unless told otherwise", () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool()), 5)
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool({ priority: 10 })), 10)
        assert.strictEqual(yield* Compute.run(jobs.nice, undefined).pipe(pool({ priority: false })), getPriority())
      })
    )

    it.live(
      "loads its modules at the priority of the process, so that its start does not wait for other programs",
      () =>
        Effect.gen(function* () {
          const own = getPriority()
          const measured = Compute.run(niceAtStart, undefined)
          assert.deepStrictEqual(yield* measured.pipe(pool({ priority: 10, warmUp: [niceAtStart] })), [own, 10])
          // its first job loads them
          assert.deepStrictEqual(yield* measured.pipe(pool({ priority: 5 })), [own, 5])
        })
    )

    it.live("that gets no core is warned of, with the programs and the option that are the reason", () => {
      const warnings: Array<string> = []
      const logger = Logger.make(({ message }) => void warnings.push(String(message)))
      const others = Effect.acquireRelease(
        Effect.sync(() =>
          Array.from({ length: 2 * availableParallelism() }, () => spawn(process.execPath, ["--eval", "for (;;);"]))
        ),
        (children) => Effect.sync(() => children.forEach((child) => child.kill("SIGKILL")))
      )
      return Effect.gen(function* () {
        yield* Compute.ready
        yield* others
        yield* Effect.forkChild(Compute.run(jobs.spin, 60_000))
        yield* until(() => warnings.length > 0)
        assert.match(warnings[0]!, /^Compute worker 1 waits for a core: with a job of task "spin" at hand/)
        assert.match(warnings[0]!, /Other programs keep the cores busy.*nice 19.*option priority/)
      }).pipe(Effect.scoped, pool({ priority: 19 }), Effect.provide(Logger.layer([logger])))
    })
  }
})

describe("a process", () => {
  const run = (how: "dispose" | "leave") =>
    Effect.callback<{ readonly code: number | string; readonly stdout: string }>((resume) => {
      const program = fileURLToPath(new URL("./tasks/program.ts", import.meta.url))
      const args = ["--conditions=giveway-source", program, how]
      execFile(process.execPath, args, { timeout: 10_000 }, (error, stdout) =>
        resume(Effect.succeed({ code: error?.code ?? 0, stdout }))
      )
    })

  it.live("whose flag sets the heap of all threads is told the limit that is in force", () =>
    Effect.gen(function* () {
      const program = fileURLToPath(new URL("./programs/heap.ts", import.meta.url))
      const said = yield* Effect.callback<string>((resume) => {
        const args = ["--conditions=giveway-source", "--max-old-space-size=100", program, "1024"]
        execFile(process.execPath, args, { timeout: 60_000 }, (_, stdout, stderr) =>
          resume(Effect.succeed(stdout + stderr))
        )
      })
      assert.include(
        said,
        "maxHeapMb of NodeCompute is 1024, but each worker may use 100 MiB: --max-old-space-size=100"
      )
      assert.include(said, "its worker may use 100 MiB of heap")
    })
  )

  it.live("ends when its layer is closed", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("dispose"), { code: 0, stdout: "3\n" })
    })
  )

  it.live("is not kept alive by an idle pool", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* run("leave"), { code: 0, stdout: "3\n" })
    })
  )
})

describe("layerConfig", () => {
  const statistics = (
    provider: ConfigProvider.ConfigProvider,
    config?: Parameters<typeof NodeCompute.layerConfig>[0]
  ) =>
    Compute.statistics.pipe(
      Effect.provide(NodeCompute.layerConfig(config).pipe(Layer.provide(ConfigProvider.layer(provider))))
    )

  const environment = (env: Record<string, string>) => ConfigProvider.fromEnv({ env })

  it.live("reads the environment, with the defaults of layer", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* statistics(environment({}))).workers, 1)
      const env = {
        GIVEWAY_COMPUTE_MAX_WORKERS: "2",
        GIVEWAY_COMPUTE_MIN_WORKERS: "2",
        GIVEWAY_COMPUTE_GRACE: "20 millis",
        GIVEWAY_COMPUTE_PRIORITY: "false",
        GIVEWAY_COMPUTE_QUEUE_OVERFLOW: "drop",
        GIVEWAY_COMPUTE_QUEUE_AGEING: "2 seconds"
      }
      assert.strictEqual((yield* statistics(environment(env))).workers, 2)
    })
  )

  it.live("reads structured configuration, whose groups are nested", () =>
    Effect.gen(function* () {
      const file = {
        GIVEWAY: {
          COMPUTE: { MAX_WORKERS: 2, MIN_WORKERS: 2, PRIORITY: "false", QUEUE: { CAPACITY: 10 }, STANDBY: false }
        }
      }
      assert.strictEqual((yield* statistics(ConfigProvider.fromUnknown(file))).workers, 2)
    })
  )

  it.live("prefers what is given, and takes the rest from the configuration", () =>
    Effect.gen(function* () {
      const provider = environment({ GIVEWAY_COMPUTE_MAX_WORKERS: "many", GIVEWAY_COMPUTE_MIN_WORKERS: "0" })
      const given = { maxWorkers: Config.succeed(2), warmUp: Config.succeed([jobs.add]) }
      assert.strictEqual((yield* statistics(provider, given)).workers, 0)
    })
  )

  it.live("refuses what makes no sense", () =>
    Effect.gen(function* () {
      const option = yield* Effect.flip(statistics(environment({ GIVEWAY_COMPUTE_MIN_WORKERS: "99" })))
      assert.instanceOf(option, InvalidOption.InvalidOption)
      const config = yield* Effect.flip(statistics(environment({ GIVEWAY_COMPUTE_GRACE: "soon" })))
      assert.strictEqual(config._tag, "ConfigError")
      assert.match(String(config), /GIVEWAY.*COMPUTE.*GRACE/s)
      const priority = yield* Effect.flip(statistics(environment({ GIVEWAY_COMPUTE_PRIORITY: "high" })))
      assert.strictEqual(priority._tag, "ConfigError")
    })
  )
})

describe("statistics", () => {
  it.live("say of each worker what it does, and how much of its life it works", () =>
    Effect.gen(function* () {
      yield* Compute.ready
      const busy = yield* Effect.forkChild(Compute.run(jobs.spin, 200), { startImmediately: true })
      yield* Effect.sleep(20)
      const { each } = yield* Compute.statistics
      assert.sameMembers(
        each.map(({ state }) => state),
        ["busy", "idle"]
      )
      yield* Fiber.join(busy)
      const worker = (yield* Compute.statistics).each.find(({ jobs }) => jobs === 1)
      assert.strictEqual(worker!.state, "idle")
      assert.isAtLeast(worker!.busyMs, 190)
      assert.isAbove(worker!.utilisation, 0.2)
      assert.isAtMost(worker!.utilisation, 1)
      yield* Effect.sleep(2 * worker!.busyMs)
      const later = (yield* Compute.statistics).each.find(({ id }) => id === worker!.id)!
      assert.strictEqual(later.busyMs, worker!.busyMs)
      assert.isBelow(later.utilisation, worker!.utilisation)
    }).pipe(pool({ maxWorkers: 2, minWorkers: 2 }))
  )
})

describe("metrics", () => {
  it.live("count jobs by outcome and time them", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        yield* worksOn
        yield* Effect.flip(Compute.run(jobs.breaks, undefined))
        const buffer = shared()
        const fiber = yield* Effect.forkChild(Compute.run(jobs.busyFiber, buffer))
        yield* until(() => read(buffer, "started") === 1)
        yield* Fiber.interrupt(fiber)
      }).pipe(pool())
      const snapshot = yield* Metric.snapshot
      const count = (outcome: string) =>
        snapshot.find(
          (metric) => metric.id === "giveway_compute_jobs_total" && metric.attributes?.["outcome"] === outcome
        )?.state
      assert.deepInclude(count("completed"), { count: 1 })
      assert.deepInclude(count("failed"), { count: 1 })
      assert.deepInclude(snapshot.find((metric) => metric.id === "giveway_compute_run_seconds")?.state, { count: 3 })
      assert.deepInclude(snapshot.find((metric) => metric.id === "giveway_compute_transfer_seconds")?.state, {
        count: 3
      })
      assert.deepInclude(snapshot.find((metric) => metric.id === "giveway_compute_cancel_seconds")?.state, { count: 1 })
      assert.deepInclude(snapshot.find((metric) => metric.id === "giveway_compute_workers")?.state, { value: 0 })
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})
