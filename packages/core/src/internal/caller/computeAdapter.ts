/**
 * Between the service `Compute`, as users see it and may write it, and the port that the functions of `Compute` call.
 *
 * Our own implementations make the service from their port, and the service carries the port along. For a service that
 * a user wrote the port is derived from the service, once per service.
 *
 * Rejected: the port as a part of the service (each user would have to write it); a `WeakMap` for our own ports as well
 * (a look-up for each call of `Compute.auto`, of which the shortest take 0.1 µs).
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ComputeError } from "../job/computeErrors.ts"
import * as Errors from "../job/computeErrors.ts"
import type { Task } from "../job/taskDefinition.ts"
import type { Compute, Implementation, Statistics } from "../job/computeService.ts"
import { fields, read } from "../options/fields.ts"
import type { Readers } from "../options/fields.ts"
import { accepting, optional, or, wholeNumber } from "../options/reader.ts"
import * as autoCaller from "./autoCaller.ts"
import type { CallSite } from "./callSite.ts"
import * as callSite from "./callSite.ts"
import type { Batch, ComputePort, RunBatch } from "./computePort.ts"
import { ownPort } from "./serviceOver.ts"

type Service = Compute["Service"]

/** The port of a service. */
export const portOf = (service: Service): ComputePort => ownPort(service) ?? derivedPort(service)

// --- a service without workers ------------------------------------------------------------------------------------------

/** The statistics of a service without workers, before its first job. */
export const noWorkers: Statistics = {
  workers: 0,
  idle: 0,
  busy: 0,
  starting: 0,
  standby: 0,
  zombies: 0,
  queued: 0,
  suspended: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  killed: 0,
  each: []
}

// --- from a user's service to a port ----------------------------------------------------------------------------------

/** The service of a user, with the members that the user left out. */
export const make = (implementation: Implementation): Service => {
  const given = Result.getOrThrow(read(readImplementation, "Compute.make", implementation))
  const here = autoCaller.make(undefined)
  const {
    run,
    stream = noStream,
    ready = Effect.void,
    statistics = Effect.succeed(noWorkers),
    auto = (pure, args) => Effect.withFiber((fiber) => here.auto(pure, args, fiber)),
    placement = here.placement
  } = implementation
  const { parallelism } = given
  return { run, stream, parallelism, ready, statistics, auto, placement }
}

const isFunction = (value: unknown): boolean => typeof value === "function"

const readImplementation = fields({
  run: accepting<unknown>("a function that runs one job", isFunction),
  stream: optional(accepting("a function", isFunction)),
  parallelism: or(wholeNumber(1), 1),
  ready: optional(accepting("an effect", Effect.isEffect)),
  statistics: optional(accepting("an effect", Effect.isEffect)),
  auto: optional(accepting("a function", isFunction)),
  placement: optional(accepting("an effect", Effect.isEffect))
} satisfies Readers<Implementation>)

const noStream: Service["stream"] = ({ name }) =>
  Stream.die(new Error(`Task "${name}" emits, and this Compute has no stream. Give Compute.make a stream, too`))

const derived = new WeakMap<Service, ComputePort>()

const derivedPort = (service: Service): ComputePort => {
  let port = derived.get(service)
  if (port === undefined) {
    const run: ComputePort["run"] = (task, payload, site, options) =>
      Effect.mapError(service.run(task, payload, options), (error) => attach(error, site))
    port = {
      run,
      stream: (task, payload, site, options) =>
        Stream.mapError(service.stream(task, payload, options), (error) => attach(error, site)),
      batch: oneByOne(run),
      parallelism: service.parallelism,
      auto: (pure, args) => service.auto(pure as Parameters<Service["auto"]>[0], args) as Effect.Effect<any, any>
    }
    derived.set(service, port)
  }
  return port
}

/** The errors of a user's service, too, tell where the job was asked for. */
const attach = <E>(error: E, site: CallSite): E =>
  callSite.isNoted(site) && isComputeError(error) ? callSite.attach(error, site) : error

const isComputeError = (error: unknown): error is ComputeError =>
  error instanceof Error && "_tag" in error && Object.values(Errors).some((known) => error instanceof known)

/** A batch as one run after another, up to the first that does not succeed. */
const oneByOne =
  (run: ComputePort["run"]): RunBatch =>
  <P, A, E>(task: Task<P, A, E>, items: ReadonlyArray<P>, _first: number, site: CallSite) =>
    Effect.suspend(() => {
      const start = performance.now()
      const values: Array<A> = []
      let stopped: Exit.Failure<never, E | ComputeError> | undefined
      const loop = Effect.whileLoop({
        while: () => stopped === undefined && values.length < items.length,
        body: () => Effect.exit(run(task, items[values.length]!, site, undefined)),
        step: (exit) => {
          if (Exit.isSuccess(exit)) values.push(exit.value)
          else stopped = Exit.failCause(exit.cause) as typeof stopped
        }
      })
      return Effect.map(loop, (): Batch<A, E | ComputeError> => ({
        values,
        stopped,
        ranMs: performance.now() - start
      }))
    })
