/**
 * The whole stack: what `layer` provides, and how a process under `runMain` ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { Compute, FairScheduler, Supervision } from "@giveway/core"
import { Giveway } from "@giveway/node"
import type * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, ConfigProvider, Context, Effect, Layer, Scheduler } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

const pathOf = (name: string): string => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url))

const program = pathOf("main")

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
}

/** Runs the program as a process of its own; `onOutput` sees its output so far. */
const start = (how: string, onOutput: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}) =>
  new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", program, how], {
      env: { ...process.env, GIVEWAY_TEST_HOW: how }
    })
    let output = ""
    const onData = (data: Buffer) => {
      output += String(data)
      onOutput(output, (signal) => child.kill(signal))
    }
    child.stdout.on("data", onData)
    child.stderr.on("data", onData)
    child.on("close", (code, signal) => resolve({ code, signal, output }))
  })

describe("runMain", () => {
  it("runs the program with jobs on workers and exits with 0", async () => {
    const { code, output } = await start("done")
    assert.include(output, "the answer is 42")
    assert.strictEqual(code, 0)
  })

  it("logs a failure and exits with 1", async () => {
    const { code, output } = await start("fails")
    assert.include(output, "nothing works")
    assert.strictEqual(code, 1)
  })

  it("does not start a program again on its own workers, and says what to do", async () => {
    const { code, output } = await start("unguarded")
    assert.match(output, /Giveway\.runMain was called on a compute worker.*import\.meta\.main/)
    assert.strictEqual(code, 0)
  })

  it.for(["SIGINT", "SIGTERM"] as const)("leaves on %s: finalizers run, and no job is left", async (signal) => {
    let sent = false
    const { code, output } = await start("waits", (sofar, kill) => {
      if (sent || !sofar.includes("ready")) return
      sent = true
      kill(signal)
    })
    assert.include(output, "finalized with 0 jobs running")
    assert.strictEqual(code, 130)
  })
})

/** Runs a form of `runMain` in a process of its own. */
const ended = (form: string, of: "giveway" | "effect" = "giveway") =>
  new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", pathOf("forms"), form, of])
    let output = ""
    child.stdout.on("data", (data: Buffer) => (output += String(data)))
    child.stderr.on("data", (data: Buffer) => (output += String(data)))
    child.on("close", (code, signal) => resolve({ code, signal, output }))
  })

describe("runMain, in all its forms", () => {
  it.for(["bare", "quiet", "teardown"])("ends as Effect's does: %s", async (form) => {
    const alone = await ended(form, "effect")
    const { code, output, signal } = await ended(form)
    const up = (text: string) => text.split("\n").filter((line) => !/threads$|held the loop/.test(line))
    assert.deepStrictEqual(
      { code, signal, up: up(output) },
      { code: alone.code, signal: alone.signal, up: up(alone.output) }
    )
  })

  it("takes its options first, or none", async () => {
    assert.strictEqual((await ended("none")).code, 0)
    assert.strictEqual((await ended("teardown last")).code, 7)
  })

  it("has all options of Effect's", () => {
    type OfEffect = keyof NonNullable<Parameters<typeof NodeRuntime.runMain>[1]>
    const all: Record<OfEffect, keyof Giveway.RunMainOptions> = {
      disableErrorReporting: "disableErrorReporting",
      teardown: "teardown"
    }
    assert.isAbove(Object.keys(all).length, 0)
  })

  it.for([
    ["misspelt", "Giveway.runMain: profil is no option; did you mean profile?"],
    ["wrong", "Giveway.runMain: sysmon is 4, but must be an object of options, or false"],
    ["wrong part", "NodeCompute: maxWorker is no option; did you mean maxWorkers?"]
  ] as const)("names an option that cannot be, also where errors are not reported: %s", async ([form, says]) => {
    const { code, output } = await ended(form)
    assert.include(output, says)
    assert.strictEqual(code, 1)
  })

  it.for([
    ["cli", "up\n0 threads"],
    ["cli with a job", "the answer is 42\n1 threads"],
    ["cli that is watched", "up\n1 threads"],
    ["unwatched", "up\n0 threads"]
  ] as const)("starts no thread before it is needed, for a command-line tool: %s", async ([form, says]) => {
    const { code, output } = await ended(form)
    assert.include(output, says)
    assert.strictEqual(code, 0)
  })
})

class Service extends Context.Service<Service, { readonly scheduler: Scheduler.Scheduler }>()("Service") {
  static readonly layer = Layer.effect(
    Service,
    Effect.withFiber((fiber) => Effect.succeed({ scheduler: fiber.cache.scheduler }))
  )
}

describe("layer", () => {
  it.live("schedules the program and the layers it is provided to fairly, with one scheduler", () =>
    Effect.gen(function* () {
      const { scheduler } = yield* Service
      assert.instanceOf(scheduler, FairScheduler.FairScheduler)
      assert.strictEqual(scheduler, yield* Scheduler.Scheduler)
      assert.isTrue((yield* (yield* Supervision.Supervision).statistics).hooked)
      assert.strictEqual((yield* Compute.statistics).queued, 0)
    }).pipe(Effect.provide(Service.layer.pipe(Layer.provideMerge(Giveway.layer({ compute: { maxWorkers: 1 } })))))
  )

  it.live("names an option that cannot be", () =>
    Effect.gen(function* () {
      const compute = yield* Effect.flip(Layer.build(Giveway.layer({ compute: { maxWorkers: 0 } })))
      assert.include(compute.message, "maxWorkers is 0")
      const sysmon = yield* Effect.flip(Layer.build(Giveway.layer({ sysmon: { threshold: "1 millis" } })))
      assert.include(sysmon.message, 'threshold is "1 millis"')
      const scheduler = yield* Effect.flip(Layer.build(Giveway.layer({ scheduler: { turn: 0 } })))
      assert.include(scheduler.message, "FairScheduler: turn is 0, but must be a duration of at least 1 µs")
      const misspelt = yield* Effect.flip(Layer.build(Giveway.layer({ compte: {} } as object)))
      assert.strictEqual(misspelt.message, "Giveway: compte is no option; did you mean compute?")
      for (const [part, value] of Object.entries({ compute: 4, sysmon: true, scheduler: "fair", otlp: () => 1 })) {
        const wrong = yield* Effect.flip(Layer.build(Giveway.layer({ [part]: value } as object)))
        assert.match(wrong.message, new RegExp(`^Giveway: ${part} is .*, but must be an object of options$`))
        const configured = yield* Effect.flip(Layer.build(Giveway.layerConfig({ [part]: value } as object)))
        assert.strictEqual(configured.message, wrong.message)
      }
    }).pipe(Effect.scoped)
  )

  it.live("takes its options from the configuration", () =>
    Effect.gen(function* () {
      const errorOf = (provider: ConfigProvider.ConfigProvider, config?: Parameters<typeof Giveway.layerConfig>[0]) =>
        Effect.flip(Layer.build(Giveway.layerConfig(config).pipe(Layer.provide(ConfigProvider.layer(provider)))))
      const env = { GIVEWAY_COMPUTE_MAX_WORKERS: "many", GIVEWAY_COMPUTE_QUEUE_CAPACITY: "-1" }
      const fromEnv = ConfigProvider.fromEnv({ env })
      const unread = yield* errorOf(fromEnv)
      assert.strictEqual(unread._tag, "ConfigError")
      assert.match(String(unread), /GIVEWAY.*COMPUTE.*MAX_WORKERS/s)
      const given = yield* errorOf(fromEnv, { compute: { maxWorkers: Config.succeed(1) } })
      assert.include(given.message, "NodeCompute: queue.capacity is -1")
      const file = ConfigProvider.fromUnknown({ GIVEWAY: { COMPUTE: { QUEUE: { CAPACITY: -2 } } } })
      assert.include((yield* errorOf(file)).message, "NodeCompute: queue.capacity is -2")
    }).pipe(Effect.scoped)
  )
})
