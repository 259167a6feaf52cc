/** Instead of `effect/ManagedRuntime`: its layers are built in the runtime that is asked for. */
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { layer as outside, name } from "../runtimes.ts"

export * from "effect/ManagedRuntime"

export const make: typeof ManagedRuntime.make = (layer, options) =>
  name === "effect"
    ? ManagedRuntime.make(layer, options)
    : ManagedRuntime.make(Layer.provideMerge(layer, Layer.orDie(outside)), options)
