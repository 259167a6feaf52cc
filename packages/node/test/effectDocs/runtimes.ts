/**
 * How a program of Effect's documentation is run: by Effect's own runtime, or by ours in one of three ways.
 *
 * `scheduler` has a turn of 10 seconds, so that nobody runs long on any machine: then the order is Effect's own to the last line.
 * The others have the usual 3 ms. Code that runs for the first time, or beside load, takes longer than that, so fibers give way.
 *
 * Ours are loaded when they are asked for, so that Effect's own runs without any of Giveway.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import type { Context } from "effect"
import { Effect, Layer, ManagedRuntime } from "effect"

export const names = ["effect", "scheduler", "supervised", "giveway"] as const

export type Name = (typeof names)[number]

export const name = (process.env["EFFECT_DOCS_RUNTIME"] ?? "effect") as Name

/** What the program gets from outside; nothing under Effect's own runtime. */
const layers = async (): Promise<Layer.Layer<never, unknown>> => {
  switch (name) {
    case "effect":
      return Layer.empty
    case "scheduler":
      return (await import("@giveway/core/FairScheduler")).layer({ turn: "10 seconds", slice: "10 seconds" })
    case "supervised": {
      const scheduler = (await import("@giveway/core/FairScheduler")).layer()
      return (await import("@giveway/node/NodeSysmon")).layer().pipe(Layer.provideMerge(scheduler))
    }
    case "giveway":
      return (await import("@giveway/node/Giveway")).layer()
  }
}

export const layer = await layers()

const giveway = name === "giveway" ? await import("@giveway/node/Giveway") : undefined

/** Instead of `NodeRuntime.runMain`, data first and last as there. */
export const runMain = (...args: ReadonlyArray<any>): unknown => {
  const run = (
    effect: Effect.Effect<unknown, unknown>,
    options?: { readonly disableErrorReporting?: boolean | undefined }
  ): void => {
    if (giveway !== undefined) giveway.runMain(effect, options)
    else NodeRuntime.runMain(name === "effect" ? effect : Effect.provide(effect, layer), options)
  }
  return Effect.isEffect(args[0])
    ? run(args[0] as Effect.Effect<unknown, unknown>, args[1])
    : (effect: Effect.Effect<unknown, unknown>) => run(effect, args[0])
}

let prepared: ManagedRuntime.ManagedRuntime<never, unknown> | undefined
let context: Context.Context<never> | undefined

/** Before a program that runs by `Effect.runPromise` and the like: these begin at once, so the layers are built before. */
export const prepare = async (): Promise<void> => {
  if (name === "effect") return
  prepared = ManagedRuntime.make(layer)
  context = await prepared.context()
}

/** What `Effect.runFork` and the like run in. */
export const prepareContext = (): Context.Context<never> | undefined => context

export const dispose = async (): Promise<void> => prepared?.dispose()
