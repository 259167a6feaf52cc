/**
 * The registry of tasks: how a worker that imported a module finds a task by its name.
 *
 * **Invariant**: one registry per realm, also if two copies of this package are loaded: the task's module decides which
 * copy it imports.
 */
import type { Definition } from "./taskDefinition.ts"

interface Registered {
  readonly task: Definition
  readonly site: string
}

const registryKey: symbol = Symbol.for("@giveway/core/Task/registry")

const registry = (): Map<string, Map<string, Registered>> => {
  const holder = globalThis as unknown as Record<symbol, Map<string, Map<string, Registered>> | undefined>
  return (holder[registryKey] ??= new Map())
}

/**
 * A loader may append a query or a hash to reload a module: the module is the same. A module of which a bundler has made files has
 * an id in its hash, which is the same in each of these files: decision 0113.
 */
const moduleKey = (moduleUrl: string): string => bundled.exec(moduleUrl)?.[0] ?? moduleUrl.replace(/[?#].*$/, "")

const bundled = /#giveway=[\w-]+$/

/**
 * Called by `Task.make` and `Task.stream`, and only by them: their caller's line tells one definition from another.
 *
 * A test runner or a watcher may evaluate a module again. The module then defines its tasks again at the same places, and
 * the new tasks replace the old ones. The same name at another place is a mistake.
 */
export const register = (task: Definition): void => {
  const key = moduleKey(task.moduleUrl)
  let tasks = registry().get(key)
  if (tasks === undefined) registry().set(key, (tasks = new Map()))
  const site = definitionSite()
  const known = tasks.get(task.name)
  const isCopy = key.startsWith("#") && fileOf(known?.site) !== fileOf(site)
  if (known !== undefined && known.site !== site && !isCopy) {
    throw new Error(
      `Task.make: ${key} defines two tasks with the name "${task.name}" (${known.site} and ${site}): a worker finds a task by its name, so give one of them another name`
    )
  }
  tasks.set(task.name, { task, site })
}

/**
 * The call of `Task.make`, as `file:line:column`: this function, `register` and `make` stand above it in the stack. The name of the
 * function around it is left out, since a bundler gives each copy of a module another.
 */
const definitionSite = (): string => {
  const line = new Error().stack?.split("\n")[4]?.trim() ?? ""
  return /[^( ]+:\d+:\d+(?=\)?$)/.exec(line)?.[0] ?? line
}

const fileOf = (site: string | undefined): string | undefined => site?.replace(/:\d+:\d+$/, "")

/** The task that a module defines under this name; `undefined` while the module is not imported. */
export const lookup = (moduleUrl: string, name: string): Definition | undefined => {
  const modules = registry()
  // most URLs are keys
  return (modules.get(moduleUrl) ?? modules.get(moduleKey(moduleUrl)))?.get(name)?.task
}

/** The names of the tasks that a module defines. */
export const names = (moduleUrl: string): ReadonlyArray<string> =>
  Array.from(registry().get(moduleKey(moduleUrl))?.keys() ?? [])
