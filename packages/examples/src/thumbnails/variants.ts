/**
 * The two ways to run the same service, side by side. Both are supervised; supervision does not need our scheduler.
 */
import { NodeServices } from "@effect/platform-node"
import { Giveway, NodeSysmon } from "@giveway/node"
import { Layer } from "effect"
import * as server from "./server.ts"
import { Thumbnailer } from "./Thumbnailer.ts"

/** How the service is run. */
export type Variant = "async-only" | "giveway"

/** What people call them. */
export const titles: Readonly<Record<Variant, string>> = { "async-only": "async only", giveway: "Giveway" }

/** What both can be told. */
export interface Options extends server.ServerOptions {
  /** whether stalls are logged as they happen */
  readonly logs: boolean
}

/** Thumbnails that may wait for a worker, a few seconds' worth of work. Who comes later gets a 503 and can try elsewhere. */
const queueCapacity = 64

/** Effect's default runtime, thumbnails computed on the event loop. */
const asyncOnly = (options: Options) =>
  server
    .layer(options)
    .pipe(
      Layer.provide(Thumbnailer.layerInline),
      Layer.provide([NodeSysmon.layer({ logs: options.logs }), NodeServices.layer])
    )

/** Giveway: fibers scheduled fairly, thumbnails computed on worker threads. */
const giveway = (options: Options) =>
  server.layer(options).pipe(
    Layer.provide(Thumbnailer.layerCompute),
    Layer.provide(
      Giveway.layer({
        compute: { queue: { capacity: queueCapacity, overflow: "fail" } },
        sysmon: { logs: options.logs }
      })
    ),
    Layer.provide(NodeServices.layer)
  )

/** The service in the given variant, complete. */
export const layer = (variant: Variant, options: Options) =>
  variant === "async-only" ? asyncOnly(options) : giveway(options)
