/**
 * The service `Compute` over a port of ours: one that is here, or one that comes later, when the first job asks for it or the program has
 * begun. `computeAdapter.ts` has the way back, from a service to its port.
 *
 * **Invariant**: a service that wraps one of ours, as `{ ...pool, run }`, loses our port: what it overrides holds for all
 * functions of `Compute`. So the property that carries the port is not enumerable.
 *
 * Decision 0150.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Compute } from "../job/computeService.ts"
import * as callSite from "./callSite.ts"
import type { ComputePort } from "./computePort.ts"
import { unlessStreamTask, unlessTask } from "./noTask.ts"
import * as standing from "./standing.ts"

type Service = Compute["Service"]

/** One key for all copies of this package, as that of the service. */
const portKey = "~@giveway/core/Compute/port"

/** The port that one of our services carries. */
export const ownPort = (service: Service): ComputePort | undefined =>
  (service as { readonly [portKey]?: ComputePort })[portKey]

/** The service over our own port. */
export const serviceOver = (port: ComputePort, rest: Pick<Service, "ready" | "statistics" | "placement">): Service => {
  const service: Service = {
    run: (task, payload, options) => {
      const refused = unlessTask(task, "Compute.run")
      if (refused !== undefined) return Effect.die(refused)
      return standing.provide(port.run(task, payload, callSite.capture(), options), options)
    },
    stream: (task, payload, options) => {
      const refused = unlessStreamTask(task, "Compute.stream")
      return refused === undefined ? port.stream(task, payload, callSite.capture(), options) : Stream.die(refused)
    },
    auto: (pure, args) => Effect.withFiber((fiber) => port.auto(pure, args, fiber)),
    parallelism: port.parallelism,
    ...rest
  }
  return Object.defineProperty(service, portKey, { value: port })
}

/** The service over that of `load`, a service of ours, which is asked for it with the first call. */
export const later = (load: Effect.Effect<Service>, parallelism: number): Service => {
  let port: ComputePort | undefined
  const loaded = Effect.map(load, (service) => (port ??= ownPort(service)!))
  return serviceOver(
    {
      run: (...args) => port?.run(...args) ?? Effect.flatMap(loaded, ({ run }) => run(...args)),
      stream: (...args) => port?.stream(...args) ?? Stream.unwrap(Effect.map(loaded, ({ stream }) => stream(...args))),
      batch: (...args) => port?.batch(...args) ?? Effect.flatMap(loaded, ({ batch }) => batch(...args)),
      auto: (...args) => port?.auto(...args) ?? Effect.flatMap(loaded, ({ auto }) => auto(...args)),
      parallelism
    },
    {
      ready: Effect.flatMap(load, ({ ready }) => ready),
      statistics: Effect.flatMap(load, ({ statistics }) => statistics),
      placement: Effect.flatMap(load, ({ placement }) => placement)
    }
  )
}
