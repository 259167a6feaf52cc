/**
 * The two ways to run the same service, side by side.
 */
import { NodeServices } from "@effect/platform-node"
import { TestCompute } from "@giveway/core"
import { Layer } from "effect"
import * as server from "./server.ts"
import { Thumbnailer } from "./Thumbnailer.ts"

/** How the service is run. */
export type Variant = "async-only" | "giveway"

/** What people call them. */
export const titles: Readonly<Record<Variant, string>> = { "async-only": "async only", giveway: "Giveway" }

/** Effect's default runtime, thumbnails computed on the event loop. */
const asyncOnly = (options: server.ServerOptions) =>
  server.layer(options).pipe(Layer.provide([Thumbnailer.layerInline, NodeServices.layer]))

/** Giveway: fair scheduling, thumbnails computed on worker threads. */
const giveway = (options: server.ServerOptions) =>
  server
    .layer(options)
    .pipe(Layer.provide(Thumbnailer.layerCompute), Layer.provide([TestCompute.layer, NodeServices.layer]))

/** The service in the given variant, complete. */
export const layer = (variant: Variant, options: server.ServerOptions) =>
  variant === "async-only" ? asyncOnly(options) : giveway(options)
