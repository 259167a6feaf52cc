/**
 * Which resources of the host a schedule has made and not got back: files, sockets, threads. A fiber that waits for one of them
 * waits for ever here, and that is no deadlock of the program. Node's `async_hooks` tell them, with the line that made each.
 *
 * Node's built-in modules are asked for by `process.getBuiltinModule`, so that the core imports none; where the host has no such
 * function, nothing is told.
 */
import type { Escape } from "./guards.ts"
import { lineHere } from "./lineHere.ts"

interface AsyncHooks {
  readonly createHook: (callbacks: { readonly init: (id: number, type: string) => void }) => {
    readonly enable: () => void
    readonly disable: () => void
  }
}

/** Types of resources that are no I/O: promises, ticks, and those that Effect makes for each yield. */
const ownTypes = /^(PROMISE|TickObject|Microtask|effect|Effect|Immediate|Timeout)/

/** A built-in module of Node, if this is Node. */
export const builtin = <A>(name: string): A | undefined => {
  const { process } = globalThis as {
    readonly process?: { readonly getBuiltinModule?: (name: string) => A | undefined }
  }
  try {
    return process?.getBuiltinModule?.(name)
  } catch {
    return undefined
  }
}

/** The resources that the host made while `run` ran. */
export const during = <A>(run: () => A): { readonly result: A; readonly waits: ReadonlyArray<Escape> } => {
  const hooks = builtin<AsyncHooks>("node:async_hooks")
  const found = new Map<string, Escape>()
  const hook = hooks?.createHook({
    init: (_, type) => {
      if (ownTypes.test(type)) return
      const line = lineHere()
      found.set(`${type} ${line}`, { name: type, line })
    }
  })
  hook?.enable()
  try {
    return { result: run(), waits: Array.from(found.values()) }
  } finally {
    hook?.disable()
  }
}
