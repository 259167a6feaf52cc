/**
 * A `package.json` and the fields that the service needs in it: a pure comparison, which keeps apart what can be added and what would
 * change something that is there.
 *
 * A dependency that is there stays as it is if the template's version may be what it stands for: a file, a link, a tag, a range that the
 * version lies in or that begins later in the same major. So a `file:` of a tarball survives, and so does a newer Effect.
 *
 * Decision 0127.
 */
import * as Result from "effect/Result"
import * as SemVer from "effect/SemVer"
import * as SemVerRange from "effect/SemVerRange"
import { CannotInit } from "./cannotInit.ts"

/** A JSON object. */
export type Fields = { readonly [name: string]: unknown }

/** A field of `package.json`, and its value before and after. */
export interface Change {
  readonly path: readonly [name: string, inner?: string]
  /** undefined if there is no such field */
  readonly from: unknown
  readonly to: unknown
}

/** What `npm init -y` writes until somebody has tests. It is nobody's choice, so it counts as absent. */
const npmsTest = 'echo "Error: no test specified" && exit 1'

/** Where a dependency may stand. Wherever it does, it is not added a second time. */
const groups = ["dependencies", "devDependencies", "peerDependencies", "optionalDependencies"] as const

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const fieldsIn = (value: unknown): Fields => (isFields(value) ? value : {})

/** The object in the text of a `package.json`. */
export const parse = (path: string, text: string): Result.Result<Fields, CannotInit> => {
  const refuse = (reason: string) =>
    Result.fail(
      new CannotInit({ path, reason: `is not the JSON of a package: ${reason}`, fix: "mend it, or move it away" })
    )
  try {
    // npm takes a byte order mark too
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""))
    return isFields(value) ? Result.succeed(value) : refuse("it is no object")
  } catch (error) {
    return refuse((error as Error).message)
  }
}

/** Whether an entry of the user's may stand for `version`. What is no range, such as a file, a link or a tag, is the user's own. */
const standsFor = (spec: unknown, version: string): boolean => {
  if (typeof spec !== "string") return false
  const ours = SemVer.parseUnsafe(version)
  const range = SemVerRange.parse(spec)
  if (Result.isFailure(range) || SemVerRange.matches(range.success, ours)) return true
  const first = SemVer.parse(spec.replace(/^[~^=v>\s]+/, ""))
  return Result.isSuccess(first) && first.success.major === ours.major && SemVer.isGreaterThan(first.success, ours)
}

/** The fields that `wanted` has and `there` has not, or has with another value. */
export const changes = (there: Fields, wanted: Fields): ReadonlyArray<Change> => {
  const found: Array<Change> = []
  if (there["type"] !== wanted["type"]) found.push({ path: ["type"], from: there["type"], to: wanted["type"] })
  const scripts = fieldsIn(there["scripts"])
  for (const [name, to] of Object.entries(fieldsIn(wanted["scripts"]))) {
    const from = scripts[name] === npmsTest ? undefined : scripts[name]
    if (from !== to) found.push({ path: ["scripts", name], from, to })
  }
  for (const group of groups) {
    for (const [name, to] of Object.entries(fieldsIn(wanted[group]))) {
      const home = groups.find((other) => Object.hasOwn(fieldsIn(there[other]), name)) ?? group
      const from = fieldsIn(there[home])[name]
      if (from === undefined || !standsFor(from, String(to))) found.push({ path: [home, name], from, to })
    }
  }
  return found
}

/** `there` with the changes. New dependencies are sorted in, as npm does. */
const changed = (there: Fields, made: ReadonlyArray<Change>): Fields => {
  const result: Record<string, unknown> = { ...there }
  for (const {
    path: [name, inner],
    to
  } of made) {
    if (inner === undefined) {
      result[name] = to
      continue
    }
    const group: Fields = { ...fieldsIn(result[name]), [inner]: to }
    const isSorted = (groups as ReadonlyArray<string>).includes(name)
    result[name] = isSorted ? Object.fromEntries(Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1))) : group
  }
  return result
}

/** The text with the changes, in the indentation and with the last line break that it had. */
export const withChanges = (text: string, there: Fields, made: ReadonlyArray<Change>): string => {
  const indentation = /^[ \t]+(?=")/m.exec(text)?.[0] ?? "  "
  return JSON.stringify(changed(there, made), null, indentation) + (/\n\s*$/.test(text) ? "\n" : "")
}

/** The text of a new one. */
export const fresh = (name: string, wanted: Fields): string =>
  `${JSON.stringify({ name, version: "0.0.0", ...wanted }, null, 2)}\n`

/** npm's rule for new packages. */
const isName = (name: string): boolean =>
  /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(name) &&
  name.length <= 214 &&
  !["node_modules", "favicon.ico"].includes(name)

/** As much of a text as npm would take, and something where nothing is left. */
const nearestName = (name: string): string => {
  const near = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[._-]+/, "")
    .replace(/-+$/, "")
    .slice(0, 214)
  return isName(near) ? near : "my-service"
}

/** What is wrong with a name, as an error of the folder that it is the name of. */
export const checkedName = (name: string, folder: string): Result.Result<string, CannotInit> =>
  isName(name)
    ? Result.succeed(name)
    : Result.fail(
        new CannotInit({
          path: folder,
          reason: `would be the package ${JSON.stringify(name)}, a name that npm refuses`,
          fix: `give it another with --name ${nearestName(name)}`
        })
      )
