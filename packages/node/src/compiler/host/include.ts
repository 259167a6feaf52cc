/**
 * Packages that are compiled as a whole: which ones a program names, and whether a file belongs to one of them.
 *
 * A program names them by `include`: in a call of `register`, as an option of the bundler's plugin, or in the `package.json` of the
 * application, which holds for both (`"giveway": { "include": ["marked", "@scope/*"] }`). A name is that of a package; a `*` in it
 * stands for any letters but `/`.
 *
 * **Invariant.** The name in the nearest `package.json` that has one decides, read from the real path of a file. So a file belongs to
 * the same package in nested folders of `node_modules`, in a workspace that is linked, in pnpm's store, and under any alias.
 *
 * Rejected: to read the name from the path after the last `node_modules/` (a linked workspace has no such path; an alias has
 * another name there).
 *
 * Decision 0142.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

/** Packages that are never compiled: the compiled code runs on them. */
const runsCompiledCode = /^(?:effect|@giveway\/(?:core|node)|oxc-parser)$/

/**
 * A program named packages in a way that means none. It is thrown while the program starts, or while a bundle is built.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidInclude extends Error {
  readonly _tag = "InvalidInclude"
  override readonly name = "InvalidInclude"
  /** the file, or the function, that has the value */
  readonly at: string
  readonly field: string
  readonly value: unknown
  readonly fix: string
  constructor(at: string, field: string, value: unknown, problem: string, fix: string) {
    super(`giveway: ${at}: ${field} is ${shown(value)}, and ${problem}. ${fix}`)
    this.at = at
    this.field = field
    this.value = value
    this.fix = fix
  }
}

const shown = (value: unknown): string => {
  try {
    return (typeof value === "object" && value !== null ? JSON.stringify(value) : undefined) ?? String(value)
  } catch {
    return typeof value
  }
}

const example = `Write the names of packages in an array, as ["marked", "@scope/*"]`

/** A name of the registry's form, in which parts may be `*`. */
const pattern = /^(?:@[\w.~*-]+\/)?[\w.~*-]+$/

/** The names in `value`, which stands in `field` of `at`. Throws {@link InvalidInclude}. */
export const read = (value: unknown, at: string, field: string): ReadonlyArray<string> => {
  if (!Array.isArray(value)) throw new InvalidInclude(at, field, value, "it is no array", example)
  return value.map((name: unknown, index) => {
    const element = `${field}[${index}]`
    if (typeof name !== "string") throw new InvalidInclude(at, element, name, "it is no string", example)
    if (runsCompiledCode.test(name)) {
      const problem = "compiled code itself runs on this package"
      throw new InvalidInclude(at, element, name, problem, "Take it out of the list: it gives way by itself")
    }
    if (!pattern.test(name)) {
      const whole = /^(?:@[^/]+\/)?[^/]+(?=\/)/.exec(name)?.[0]
      const isPath = /^[./]|\*\*|\\/.test(name) || whole === undefined || !pattern.test(whole)
      const fix = isPath ? example : `Write ${JSON.stringify(whole)}: a package is compiled as a whole`
      throw new InvalidInclude(at, element, name, "it is no name of a package", fix)
    }
    return name
  })
}

const matcherOf = (name: string): RegExp =>
  new RegExp(`^${name.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")}$`)

/** Whether the package `name` is named by one of `patterns`. */
export const covers = (patterns: ReadonlyArray<string>, name: string): boolean =>
  !runsCompiledCode.test(name) && patterns.some((each) => matcherOf(each).test(name))

// --- the application's configuration ----------------------------------------------------------------------------------------

const fieldsOfGiveway = ["include"]

/** The text as an object; `undefined` if it is none. */
const parsed = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}

const textOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/**
 * The packages that the application names: `giveway.include` in the first `package.json` with a field `giveway`, from the folder of
 * the program's entry upward. Throws {@link InvalidInclude}.
 */
export const ofApplication = (entry: string | undefined): ReadonlyArray<string> => {
  let folder = entry === undefined ? process.cwd() : dirname(resolve(entry))
  for (;;) {
    const file = join(folder, "package.json")
    const text = textOf(file)
    const giveway = text?.includes(`"giveway"`) === true ? parsed(text)?.["giveway"] : undefined
    if (giveway !== undefined) {
      if (typeof giveway !== "object" || giveway === null || Array.isArray(giveway)) {
        const fix = `Write { "include": ["marked"] }`
        throw new InvalidInclude(file, "giveway", giveway, "it is no object", fix)
      }
      for (const [name, value] of Object.entries(giveway)) {
        if (fieldsOfGiveway.includes(name)) continue
        const problem = "giveway has no such field"
        throw new InvalidInclude(
          file,
          `giveway.${name}`,
          value,
          problem,
          `The fields are ${fieldsOfGiveway.join(", ")}`
        )
      }
      const { include } = giveway as { readonly include?: unknown }
      return include === undefined ? [] : read(include, file, "giveway.include")
    }
    const parent = dirname(folder)
    if (parent === folder) return []
    folder = parent
  }
}

// --- the package of a file --------------------------------------------------------------------------------------------------

const nameByFolder = new Map<string, string | undefined>()

/** The name of the package that has the folder; `undefined` if there is none. */
const nameOf = (folder: string): string | undefined => {
  if (nameByFolder.has(folder)) return nameByFolder.get(folder)
  const manifest = join(folder, "package.json")
  const own = existsSync(manifest) ? parsed(textOf(manifest) ?? "")?.["name"] : undefined
  const parent = dirname(folder)
  const isEnd = parent === folder || /[\\/]node_modules$/.test(parent)
  const name = typeof own === "string" && own !== "" ? own : isEnd ? undefined : nameOf(parent)
  nameByFolder.set(folder, name)
  return name
}

/** The name of the package that a file belongs to: that of the nearest `package.json` with a name. */
export const packageOf = (file: string): string | undefined => nameOf(dirname(file))
