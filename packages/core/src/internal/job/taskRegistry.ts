/**
 * The registry of tasks: how a worker that imported a module finds a task by its name.
 *
 * A name means the definition that the module's top level makes. A module that is evaluated again (hot reload, a test
 * runner) defines its names again, and the newer definitions replace the older ones: `modules/evaluations.ts` tells that
 * from two definitions in one evaluation. A reload under another query is another module to a worker, which imports it by
 * its whole URL.
 *
 * **Invariants.** One registry per realm, also if two copies of this package are loaded. A worker never finds a definition
 * that a call from another module has made: it may be another one than the caller's.
 *
 * Decisions 0023, 0111.
 */
import { shared } from "../copies/sharedState.ts"
import { isLater, relate } from "../modules/evaluations.ts"
import type { Place } from "../modules/place.ts"
import * as place from "../modules/place.ts"
import * as reloads from "../modules/reloads.ts"
import { fileOf, isBundled, moduleOf } from "../modules/url.ts"
import type { Definition } from "./taskDefinition.ts"

interface Registered {
  readonly task: Definition
  readonly place: Place
  /** its number among all definitions of this thread */
  readonly order: number
  /** whether a job may find it: the module's top level has made it, or code that the import of the module awaits */
  isFound: boolean
  /** whether the name has another definition, and nothing tells which of them a caller means */
  isUnclear: boolean
}

type Names = Map<string, Registered>

interface Module {
  /** the last definition of each name, whatever the query */
  readonly latest: Names
  /** the place of the definition that was made last */
  last: Place
}

const registry = shared("tasks/2", () => ({
  /** by URL, with the query */
  byUrl: new Map<string, Names>(),
  /** by what all URLs of a module have in common */
  modules: new Map<string, Module>(),
  /** tasks that must not go to a worker, with the reason */
  unreachable: new WeakMap<object, string>(),
  order: 0
}))

/** Called by `Task.make` and `Task.stream`, which give themselves as `maker`: their caller's stack says where it is made. */
export const register = (task: Definition, maker: unknown): void => {
  const here = place.here(task.moduleUrl, maker)
  const once = reloads.evaluatesOnce()
  const registered: Registered = {
    task,
    place: here,
    order: ++registry.order,
    isFound: here.origin !== "elsewhere",
    isUnclear: false
  }
  const key = moduleOf(task.moduleUrl)
  let module = registry.modules.get(key)
  if (module === undefined) registry.modules.set(key, (module = { latest: new Map(), last: here }))
  const known = registry.byUrl.get(task.moduleUrl)?.get(task.name) ?? module.latest.get(task.name)
  if (known === undefined) {
    if (isLater(module.last, here, once)) reloads.note()
    put(module, registered)
    return
  }
  switch (relate(known.place, here, once)) {
    case "twice":
      throw new Error(twice(key, task.name, known.place, here))
    case "unclear": {
      const reason = unclear(task, known.place, here)
      registry.unreachable.set(task, reason)
      if (known.place.origin === "top") return
      registry.unreachable.set(known.task, reason)
      registered.isFound = false
      registered.isUnclear = true
      put(module, registered)
      break
    }
    case "copy": {
      put(module, registered)
      break
    }
    case "again": {
      if (known.place.origin === "elsewhere")
        registry.unreachable.set(known.task, unclear(known.task, here, known.place))
      if (!once) {
        reloads.note()
        // nothing asks this thread for the old one, and a program in development is reloaded often
        forget(known)
      }
      put(module, registered)
    }
  }
}

const put = (module: Module, registered: Registered): void => {
  const { moduleUrl, name } = registered.task
  let names = registry.byUrl.get(moduleUrl)
  if (names === undefined) registry.byUrl.set(moduleUrl, (names = new Map()))
  names.set(name, registered)
  module.latest.set(name, registered)
  if (registered.place.origin === "top") module.last = registered.place
}

const forget = ({ task: { moduleUrl, name } }: Registered): void => {
  const names = registry.byUrl.get(moduleUrl)
  names?.delete(name)
  if (names?.size === 0) registry.byUrl.delete(moduleUrl)
}

const twice = (module: string, name: string, one: Place, other: Place): string => {
  const sites = one.site === other.site ? `both at ${one.site}` : `${one.site} and ${other.site}`
  return `Task.make: ${module} defines two tasks with the name "${name}" (${sites}): a worker finds a task by its name, so give one of them another name. A function that makes tasks can take the name as a parameter. If a bundler has put two modules into one file, bundle with the plugin @giveway/node/unplugin`
}

const unclear = ({ moduleUrl, name }: Definition, one: Place, other: Place): string =>
  `it was made at ${other.site} by a call of a function, and its module defines another task "${name}" (at ${one.site}). A worker imports ${fileOf(moduleUrl)} and would find that one in its place. Define each task once, at the top level of its module, with a name of its own: a function that makes tasks can take the name as a parameter, and what differs from job to job belongs in the payload`

// --- on the thread that calls ---------------------------------------------------------------------------------------------

/** Why a task must not go to a worker, if so. */
export const refusalOf = (task: Definition): string | undefined => registry.unreachable.get(task)

// --- on the thread that runs ----------------------------------------------------------------------------------------------

/** Hot. The task that the module at this URL defines; `undefined` while it is not imported. */
export const lookup = (moduleUrl: string, name: string): Definition | undefined => {
  const found = registry.byUrl.get(moduleUrl)?.get(name)
  return found?.isFound === true ? found.task : undefined
}

/**
 * Imports a module by `load`. A definition that is made meanwhile by code that the module's top level awaits is the module's
 * own, though its stack does not show that.
 */
export const importing = async (moduleUrl: string, load: (url: string) => Promise<unknown>): Promise<void> => {
  const before = registry.order
  await load(moduleUrl)
  // the file that was imported may give the module the URL of another one
  const latest = registry.modules.get(moduleOf(moduleUrl))?.latest
  if (latest !== undefined && isBundled(moduleUrl)) registry.byUrl.set(moduleUrl, latest)
  for (const registered of namesOf(moduleUrl)?.values() ?? []) {
    if (registered.order > before && !registered.isUnclear) registered.isFound = true
  }
}

/** The same after the module was imported: a loader may have given the module its URL without the query, or with one. */
export const imported = (moduleUrl: string, name: string): Definition | undefined => {
  const found = namesOf(moduleUrl)?.get(name)
  return found?.isFound === true ? found.task : undefined
}

const namesOf = (moduleUrl: string): ReadonlyMap<string, Registered> | undefined => {
  const exact = registry.byUrl.get(moduleUrl)
  if (exact !== undefined) return exact
  const key = moduleOf(moduleUrl)
  const latest = registry.modules.get(key)?.latest
  if (latest === undefined || moduleUrl === key) return latest
  return new Map(Array.from(latest).filter(([, { task }]) => task.moduleUrl === key))
}

/** The names of the tasks that an imported module defines. */
export const names = (moduleUrl: string): ReadonlyArray<string> =>
  Array.from(namesOf(moduleUrl) ?? []).flatMap(([name, { isFound }]) => (isFound ? [name] : []))

/** Why an imported module has no task of this name, if something but the module has defined one. */
export const whyNot = (moduleUrl: string, name: string): string | undefined => {
  const found = namesOf(moduleUrl)?.get(name)
  return found?.isFound === false
    ? `its module does not define it, but a call from elsewhere does (at ${found.place.site}), which may be another one on each thread. Define it at the top level of ${fileOf(moduleUrl)}`
    : undefined
}
