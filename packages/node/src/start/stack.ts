/**
 * The layers of `Giveway.layer`, put together: it loads all parts.
 */
import type * as Compute from "@giveway/core/Compute"
import * as FairScheduler from "@giveway/core/FairScheduler"
import { ownFibers } from "@giveway/core/platform/Start"
import type * as Supervision from "@giveway/core/Supervision"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import type * as Config from "effect/Config"
import * as Layer from "effect/Layer"
import * as otlp from "../diagnostics/otlp.ts"
import * as NodeCompute from "../NodeCompute.ts"
import * as NodeSysmon from "../NodeSysmon.ts"

type Services = Compute.Compute | Supervision.Supervision
type LayerError = InvalidOption | NodeSysmon.LayerError | Config.ConfigError

interface Options {
  readonly scheduler?: FairScheduler.Options | undefined
  readonly compute?: NodeCompute.Options | undefined
  readonly sysmon?: NodeSysmon.Options | undefined
  readonly otlp?: otlp.Options | undefined
}

const asStart = ownFibers.layerAs("start")

/** The exporters start before the pool and the watcher and end after them, so that they get all their logs and spans. */
const stack = <E, F, G, H>(
  compute: Layer.Layer<Compute.Compute, E>,
  sysmon: Layer.Layer<Supervision.Supervision, F>,
  exporters: Layer.Layer<never, G>,
  scheduler: Layer.Layer<never, H>
): Layer.Layer<Services, E | F | G | H> =>
  asStart(Layer.mergeAll(compute, sysmon).pipe(Layer.provideMerge(exporters))).pipe(Layer.provideMerge(scheduler))

export const layer = (options: Options): Layer.Layer<Services, LayerError> =>
  stack(
    NodeCompute.layer(options.compute),
    NodeSysmon.layer(options.sysmon),
    otlp.layer(options.otlp),
    FairScheduler.layer(options.scheduler)
  )

type Parts = Exclude<Config.Wrap<Options>, Config.Config<Options>>

export const layerConfig = (config: Parts | undefined): Layer.Layer<Services, LayerError> =>
  stack(
    NodeCompute.layerConfig(config?.compute),
    NodeSysmon.layerConfig(config?.sysmon),
    otlp.layerConfig(config?.otlp),
    FairScheduler.layerConfig(config?.scheduler)
  )
