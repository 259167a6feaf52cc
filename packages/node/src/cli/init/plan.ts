/**
 * Decides, without a file system, what becomes of each file: what is missing is written, what is there stays as it is unless the user
 * agrees to the change.
 *
 * Rejected: to merge files other than `package.json`. Half of one's own `tsconfig.json` and half of another's is nobody's.
 *
 * Decision 0128.
 */
import type { Change, Fields } from "./packageJson.ts"
import * as packageJson from "./packageJson.ts"
import type { Template, TextFile } from "./template.ts"

/** The folder's `package.json`, parsed, or the name that a new one shall have. */
export type Package =
  | {
      readonly _tag: "There"
      readonly text: string
      readonly fields: Fields
      /** whether the folder has files beside those that npm made */
      readonly isInUse: boolean
    }
  | { readonly _tag: "Missing"; readonly name: string }

/** Something that is there and would be another: a file, or a field of `package.json`. */
export type Question =
  | { readonly _tag: "File"; readonly path: string; readonly from: string; readonly to: string }
  | { readonly _tag: "Field"; readonly change: Change }

export interface Plan {
  readonly missing: ReadonlyArray<TextFile>
  /** as the template has them */
  readonly same: ReadonlyArray<string>
  /** fields that `package.json` has not */
  readonly additions: ReadonlyArray<Change>
  readonly questions: ReadonlyArray<Question>
}

const linesOf = (text: string): ReadonlyArray<string> => text.split(/\r?\n/).filter((line) => line !== "")

/** Line breaks do not count: git may have changed them. A `.gitignore` may ignore more. */
const isAs = (path: string, there: string, wanted: string): boolean => {
  if (path !== ".gitignore") return there.replaceAll("\r\n", "\n") === wanted
  // `node_modules/` and `/node_modules` ignore it as well
  const ignored = new Set(linesOf(there).map((line) => line.trim().replaceAll(/^\/|\/$/g, "")))
  return linesOf(wanted).every((line) => ignored.has(line))
}

/** `textOf` tells the text of a file of the folder, undefined if there is none. */
export const make = (template: Template, textOf: (path: string) => string | undefined, its: Package): Plan => {
  const missing: Array<TextFile> = []
  const same: Array<string> = []
  const questions: Array<Question> = []
  for (const file of template.files) {
    const there = textOf(file.path)
    if (there === undefined) missing.push(file)
    else if (isAs(file.path, there, file.text)) same.push(file.path)
    else questions.push({ _tag: "File", path: file.path, from: there, to: file.text })
  }
  if (its._tag === "Missing") {
    const text = packageJson.fresh(its.name, template.fields)
    return { missing: [{ path: "package.json", text }, ...missing], same, additions: [], questions }
  }
  const changes = packageJson.changes(its.fields, template.fields)
  // A field that is not there is added. "type" says how the package's files are read, whether it is there or not: it is nobody's where no file is.
  const isAddition = ({ from, path: [name] }: Change) => (name === "type" ? !its.isInUse : from === undefined)
  for (const change of changes) if (!isAddition(change)) questions.push({ _tag: "Field", change })
  return { missing, same, additions: changes.filter(isAddition), questions }
}

/** Whether the service cannot be without this change. */
export const isNeeded = (question: Question): boolean => question._tag === "Field" && question.change.path[0] === "type"

/** The new texts of files that are there, after `agreed` was agreed to. */
export const replacements = (plan: Plan, its: Package, agreed: ReadonlyArray<Question>): ReadonlyArray<TextFile> => {
  const files = agreed.flatMap((question) =>
    question._tag === "File" ? [{ path: question.path, text: question.to }] : []
  )
  const changes = [
    ...agreed.flatMap((question) => (question._tag === "Field" ? [question.change] : [])),
    ...plan.additions
  ]
  return its._tag === "There" && changes.length > 0
    ? [...files, { path: "package.json", text: packageJson.withChanges(its.text, its.fields, changes) }]
    : files
}
