/**
 * `@giveway/node/register` compiles each module of a program while Node loads it. Use it in development, and in services
 * that run from their sources; a bundled service takes `@giveway/node/unplugin` instead.
 *
 * ```sh
 * node --import @giveway/node/register app.ts
 * ```
 *
 * Worker threads inherit the flag, so the modules that they load are compiled, too. A module without marks reaches Node
 * unchanged. TypeScript that Node cannot strip gets Node's own error. A function that is refused runs in its plain form, and
 * the main thread reports it on standard error, once, with file, line, reason and fix.
 *
 * **Packages.** A module of `node_modules` has no marks, so it stays as it is, unless the program includes its package: by
 * `"giveway": { "include": ["marked", "@scope/*"] }` in its `package.json`, or by a call of {@link register}. All functions of an included
 * package are compiled, in ES modules and in CommonJS. Workers include the same packages.
 *
 * Cost: a file that asks for nothing takes some 3 µs per kilobyte. Compiled modules are cached in
 * `node_modules/.cache/giveway`, or in the temporary folder if others than the program's user can write there.
 *
 * @module
 * @since 0.1.0
 */
import "../../thread/checkedNode.ts"
// before the parser
import "./nativeCode.ts"
import * as module from "node:module"
import { fileURLToPath } from "node:url"
import { getEnvironmentData, isMainThread, setEnvironmentData } from "node:worker_threads"
import * as cache from "./cache.ts"
import type { Handler } from "@giveway/core/Platform"
import type { Compiled } from "./compile.ts"
import { mayBeCompiled } from "../read/firstLook.ts"
import { isLoading } from "../read/parser.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import * as standardError from "../../output/standardError.ts"
import * as include from "./include.ts"
import type { Format } from "./input.ts"
import { compileExtracted, idIn } from "./workModule.ts"
import { compileInput, decode } from "./input.ts"

/** A module in the cache; without code if its source is left alone. */
interface Entry {
  readonly code?: string | undefined
  readonly diagnostics: ReadonlyArray<Diagnostic>
  /** of the tasks that it defines */
  readonly handlers: ReadonlyArray<Handler>
}

/** A URL, because some modules that are compiled cannot resolve the package. */
const runtime = import.meta.resolve("@giveway/core/Steppable")

/** The formats by Node's names. Node has looked at the package and at the syntax. */
const formats: Readonly<Record<string, Format>> = {
  module: "module",
  "module-typescript": "module",
  commonjs: "commonjs",
  "commonjs-typescript": "commonjs"
}

const entryOf = ({ code, diagnostics, handlers, map }: Compiled): Entry => {
  if (map === undefined) return { diagnostics, handlers }
  const data = Buffer.from(JSON.stringify(map)).toString("base64")
  return { code: `${code}\n//# sourceMappingURL=data:application/json;base64,${data}`, diagnostics, handlers }
}

// --- packages ---------------------------------------------------------------------------------------------------------------

/** The name under which threads hand the list on to the threads that they start. A second copy of this package finds it there, too. */
const included = "@giveway/node/include"

const names = (): ReadonlyArray<string> => (getEnvironmentData(included) as ReadonlyArray<string> | undefined) ?? []

if (getEnvironmentData(included) === undefined) setEnvironmentData(included, include.ofApplication(process.argv[1]))

/**
 * The options of {@link register}.
 *
 * @category options
 * @since 0.1.0
 */
export interface RegisterOptions {
  /** Names of packages that are compiled as a whole; a `*` stands for any letters but `/`, as in `@scope/*`. Default: none. */
  readonly include?: ReadonlyArray<string> | undefined
}

/**
 * Adds packages to those that are compiled as a whole. To import this module is enough for everything else.
 *
 * **When to use**: in a file that is preloaded (`node --import ./setup.js app.js`) or before the first `import()` of a package: a
 * module that is loaded already stays as it is. The field `giveway.include` of `package.json` does the same without code, and the
 * bundler's plugin reads it, too.
 *
 * **Errors**: throws an `InvalidInclude` if `include` is no array of names, or names a package that compiled code runs on.
 *
 * **Cost**: none by itself. A package is compiled when it is loaded, at about a megabyte a second, and cached.
 *
 * **Example**
 *
 * ```ts
 * import { register } from "@giveway/node/register"
 *
 * register({ include: ["marked", "@scope/*"] })
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const register = (options: RegisterOptions): void => {
  for (const name of Object.keys(options)) {
    if (name === "include") continue
    const fix = "The only option is include"
    throw new include.InvalidInclude("register", name, Reflect.get(options, name), "register has no such option", fix)
  }
  if (options.include === undefined) return
  const added = include.read(options.include, "register", "include")
  setEnvironmentData(included, [...new Set([...names(), ...added])])
}

const isIncluded = (file: string): boolean => {
  const patterns = names()
  if (patterns.length === 0) return false
  const name = include.packageOf(file)
  return name !== undefined && include.covers(patterns, name)
}

const told = new Set<string>()

// compiled code asks it about a function of a package that `Pure.fn` gets; the result is whether the package is not included
Reflect.set(globalThis, Symbol.for("~giveway/notIncluded"), (name: string): boolean => {
  const known = names()
  if (include.covers(known, name)) return false
  if (isMainThread && !told.has(name)) {
    told.add(name)
    const line = `"giveway": { "include": ${JSON.stringify([...known, name]).replaceAll(",", ", ")} }`
    standardError.print(
      `giveway: Pure.fn was given a function of the package ${name}, which is not included, so it has no yield points. Add to package.json: ${line}`
    )
  }
  return true
})

// compiled CommonJS finds the runtime there: it must not depend on which modules are just being loaded
if (names().length > 0) Reflect.set(globalThis, Symbol.for("~giveway/steppable"), await import(runtime))

// --- the hook ---------------------------------------------------------------------------------------------------------------

/** By the URL of their module. A worker tells its pool, which cannot ask a worker that it had to kill. */
const handlers = new Map<string, ReadonlyArray<Handler>>()
Reflect.set(globalThis, Symbol.for("~giveway/handlers"), handlers)

const report = (diagnostics: ReadonlyArray<Diagnostic>): void => {
  // workers load the same modules, so they would repeat the reports
  if (isMainThread) for (const each of diagnostics) standardError.print(`giveway: ${diagnostic.render(each)}`)
}

const compiledModules = cache.open()

// advice about code that is not compiled need not name this module, see core's `compilerHere.ts`
Reflect.set(globalThis, Symbol.for("~giveway/compiler"), true)

/** The code of an extracted module, which is no file. If the file has changed, this throws, and so the import fails. */
const extracted = (source: string, file: string, id: string): string =>
  compiledModules.of(source, `${file}\n${runtime}\n${id}`, () => {
    const compiled = compileExtracted(source, id, { file, runtime })
    return entryOf(compiled).code ?? compiled.code
  })

/**
 * Workers ask for it before they import an extracted module, which only this hook can make. A second copy of this package
 * finds it here: two hooks would compile each module twice.
 */
const mark = Symbol.for("@giveway/node/register")
const isFirst = !Object.hasOwn(globalThis, mark)
Object.assign(globalThis, { [mark]: true })

module.setSourceMapsSupport(true, { nodeModules: true })
module.registerHooks({
  load: (url, context, nextLoad) => {
    const loaded = nextLoad(url, context)
    if (!isFirst || isLoading()) return loaded
    if (!url.startsWith("file:") || loaded.source === undefined || loaded.source === null) return loaded
    const file = fileURLToPath(url)
    const whole = isIncluded(file)
    // `require` leaves it to the syntax which format a file without a type has
    const known = formats[loaded.format ?? ""]
    const format = known ?? (whole && (loaded.format ?? undefined) === undefined ? "unknown" : undefined)
    if (format === undefined || (format !== "module" && !whole && url.includes("/node_modules/"))) return loaded
    const source = decode(loaded.source)
    const id = idIn(url)
    if (id !== undefined && source !== undefined) {
      return { ...loaded, format: "module", source: extracted(source, file, id) }
    }
    if (source !== undefined && !whole && !mayBeCompiled(source)) return loaded
    const make = (content: string | NodeJS.ArrayBufferView | ArrayBuffer): Entry =>
      entryOf(compileInput({ file, content, format, runtime, whole }))
    const entry =
      source === undefined
        ? make(loaded.source)
        : (JSON.parse(
            compiledModules.of(source, `${file}\n${runtime}\n${format}\n${whole}`, () => JSON.stringify(make(source)))
          ) as Entry)
    report(entry.diagnostics)
    if (entry.handlers.length > 0) handlers.set(url.replace(/[?#].*$/, ""), entry.handlers)
    if (entry.code === undefined) return loaded
    // TypeScript is JavaScript now
    const stays = whole && format !== "module"
    return { ...loaded, format: stays ? loaded.format?.replace("-typescript", "") : "module", source: entry.code }
  }
})
