/**
 * Options of all kinds that no type allows, given to each public function that takes options: each refuses them by an `InvalidOption`, which names
 * the option, and none lets them pass for `{}`.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Supervision as SupervisionService } from "@giveway/core/Supervision"
import { Compute, Enforce, FairScheduler, InvalidOption, Pure, Supervision, Task, TestCompute } from "@giveway/core"
import { Giveway, NodeCompute, NodeEnforce, NodeSysmon } from "@giveway/node"
import type { Scope } from "effect"
import { Cause, Effect, Exit, Layer, Schema, Stream } from "effect"

type Call = (options: any) => Effect.Effect<unknown, unknown, Compute.Compute | Scope.Scope | SupervisionService>

const task = Task.make(
  import.meta.url,
  "task",
  { payload: Schema.Unknown, success: Schema.Unknown },
  (payload) => payload
)

const elements = Task.stream(import.meta.url, "elements", { payload: Schema.Unknown, element: Schema.Int }, () => [1])

/** Each function with one of its options. */
const calls: Readonly<Record<string, readonly [Call, string]>> = {
  "NodeCompute.layer": [(options) => Layer.build(NodeCompute.layer(options)), "maxWorkers"],
  "NodeCompute.layer, a group": [(queue) => Layer.build(NodeCompute.layer({ queue })), "capacity"],
  "NodeCompute.layerConfig": [(options) => Layer.build(NodeCompute.layerConfig(options)), "maxWorkers"],
  "NodeCompute.layerConfig, a group": [(queue) => Layer.build(NodeCompute.layerConfig({ queue })), "capacity"],
  "NodeSysmon.layer": [(options) => Layer.build(NodeSysmon.layer(options)), "threshold"],
  "NodeSysmon.layer, a group": [(serve) => Layer.build(NodeSysmon.layer({ serve })), "port"],
  "NodeSysmon.layerConfig": [(options) => Layer.build(NodeSysmon.layerConfig(options)), "threshold"],
  "Giveway.layer": [(options) => Layer.build(Giveway.layer(options)), "compute"],
  "Giveway.layer, a part": [(compute) => Layer.build(Giveway.layer({ compute })), "minWorkers"],
  "Giveway.layer, the exporters": [(otlp) => Layer.build(Giveway.layer({ otlp })), "url"],
  "Giveway.layerConfig, a part": [(sysmon) => Layer.build(Giveway.layerConfig({ sysmon })), "logs"],
  "Giveway.runMain": [
    (options) => Effect.sync(() => Giveway.runMain(Effect.die("it is not refused"), options)),
    "profile"
  ],
  "FairScheduler.layer": [(options) => Layer.build(FairScheduler.layer(options)), "turn"],
  "FairScheduler.make": [(options) => Effect.sync(() => FairScheduler.make(options)), "turn"],
  "FairScheduler.forEach": [(options) => FairScheduler.forEach([1], () => Effect.void, options), "discard"],
  "Supervision.layer": [(options) => Layer.build(Supervision.layer(options)), "logs"],
  "Supervision.layer, a group": [(perMinute) => Layer.build(Supervision.layer({ perMinute })), "alike"],
  "Supervision.supervise": [(options) => Supervision.supervise([], options), "name"],
  "Supervision.supervise, a group": [(backoff) => Supervision.supervise([], { backoff }), "first"],
  "Supervision.supervise, a child": [(child) => Supervision.supervise([child]) as Effect.Effect<void, unknown>, "name"],
  "Compute.run": [(options) => Compute.run(task, 1, options), "timeout"],
  "Compute.forEach": [(options) => Compute.forEach([1], task, options), "discard"],
  "Compute.map": [
    (options) => Stream.runDrain(Compute.map(Stream.make(1), task, options) as Stream.Stream<unknown>),
    "unordered"
  ],
  "Compute.stream": [(options) => Stream.runDrain(Compute.stream(elements, 1, options)), "window"],
  "Compute.fn": [(options) => Compute.fn(() => 1, options)(), "key"],
  "Pure.fn": [(options) => Effect.sync(() => Pure.fn("a", () => 1, options)), "slice"],
  "Pure.forEach": [(options) => Pure.forEach([1], () => 1, options), "discard"],
  "NodeEnforce.region": [(options) => NodeEnforce.region(100, () => 1, options), "name"],
  "Task.make": [(options) => Effect.sync(() => Task.make(import.meta.url, "a", options, () => 1)), "payload"]
}

/** A value, in place of an object of options. */
const durations: Readonly<Record<string, Call>> = {
  "NodeEnforce.region": (limit) => NodeEnforce.region(limit, () => 1),
  "Enforce.computing": (limit) => Enforce.computing(Effect.void, limit),
  "NodeCompute.layer": (grace) => Layer.build(NodeCompute.layer({ grace })),
  "Compute.run": (timeout) => Compute.run(task, 1, { timeout })
}

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

const refuses = (): never => {
  throw new TypeError("a trap")
}

class Plain {
  readonly #secret = 1
  get secret(): number {
    return this.#secret
  }
}

/** Each is no object of options. */
const wrong: Readonly<Record<string, () => unknown>> = {
  "a number": () => 5,
  "a text": () => "options",
  null: () => null,
  "an array": () => [],
  "a function": () => () => ({}),
  "a date": () => new Date(),
  "a map": () => new Map([["maxWorkers", 4]]),
  "an expression": () => /a/,
  "a promise": () => Promise.resolve({}),
  bytes: () => new Uint8Array(2),
  "an instance of a class": () => new Plain(),
  "an error": () => new Error("no options"),
  "an effect": () => Effect.succeed({}),
  "a proxy that was revoked": revoked,
  "a proxy that throws whatever it is asked": () =>
    new Proxy({}, { get: refuses, has: refuses, ownKeys: refuses, getPrototypeOf: refuses })
}

const refusal = (call: Call, options: unknown) =>
  Effect.gen(function* () {
    const exit = yield* Effect.exit(Effect.suspend(() => call(options)))
    if (Exit.isSuccess(exit)) return undefined
    const error = Cause.squash(exit.cause)
    assert.instanceOf(error, InvalidOption.InvalidOption, Cause.pretty(exit.cause))
    // its sentence can be made, whatever its value is
    assert.match(error.message, /^[A-Z][\w.()"]+: [\w.[\]]+ (is|cannot be read)/)
    return error
  }).pipe(Effect.scoped, Effect.provide([TestCompute.layer, Supervision.layer({ logs: false })]))

describe.each(Object.entries(calls))("%s", (_name, [call, option]) => {
  it.effect("refuses what is no object of options", () =>
    Effect.gen(function* () {
      for (const [kind, make] of Object.entries(wrong)) {
        const error = yield* refusal(call, make())
        assert.isDefined(error, `${kind} is taken for options`)
      }
    })
  )

  it.effect("names an option that cannot be read", () =>
    Effect.gen(function* () {
      const getter = Object.defineProperty({}, option, {
        enumerable: true,
        get: () => {
          throw new Error("a getter")
        }
      })
      const error = yield* refusal(call, getter)
      assert.include(error?.message, `${option} cannot be read, since that throws Error: a getter`)
      const proxy = new Proxy(
        { [option]: 1 },
        {
          get: refuses
        }
      )
      assert.include((yield* refusal(call, proxy))?.message, "cannot be read, since that throws TypeError: a trap")
    })
  )
})

it.effect("a duration that cannot be read is refused", () =>
  Effect.gen(function* () {
    for (const call of Object.values(durations)) {
      for (const make of [
        revoked,
        () => ({
          get seconds() {
            return refuses()
          }
        }),
        () => new Date(),
        () => new Map()
      ]) {
        assert.isDefined(yield* refusal(call, make()))
      }
    }
  })
)

it.effect("an instance of a class that has options is one", () =>
  Effect.gen(function* () {
    class Ours {
      logs = false
      get threshold() {
        return "20 millis"
      }
    }
    assert.isUndefined(yield* refusal(calls["Supervision.layer"]![0], new Ours()))
    assert.isUndefined(
      yield* refusal(calls["Supervision.layer"]![0], Object.assign(Object.create(null), { logs: false }))
    )
  })
)
