/**
 * What `giveway init` says at its end: each file with its fate, and the two commands to type.
 */
import { line } from "./ask.ts"
import type { Change } from "./packageJson.ts"
import type { Plan, Question } from "./plan.ts"
import type { TextFile } from "./template.ts"

/** `scripts dev, start; dependencies effect` */
const names = (changes: ReadonlyArray<Change>): string => {
  const groups = new Map<string, Array<string>>()
  for (const { path } of changes)
    groups.set(path[0], [...(groups.get(path[0]) ?? []), ...path.slice(1)] as Array<string>)
  return Array.from(groups, ([group, inner]) => [group, inner.join(", ")].join(" ").trim()).join("; ")
}

/** A line for each file, and for each field that stays. */
export const files = (
  plan: Plan,
  replaced: ReadonlyArray<TextFile>,
  agreed: ReadonlyArray<Question>,
  left: ReadonlyArray<Question>,
  isDone: boolean
): string => {
  const would = isDone ? "" : "would be "
  const fields = [
    ...agreed.flatMap((question) => (question._tag === "Field" ? [question.change] : [])),
    ...plan.additions
  ]
  const rows = [
    ...plan.missing.map(({ path }) => [path, `${would}written`] as const),
    ...replaced.map(({ path }) =>
      path === "package.json"
        ? ([path, `${would}given ${names(fields)}`] as const)
        : ([path, `${would}replaced`] as const)
    ),
    ...plan.same.map((path) => [path, "is there already"] as const),
    ...left.map((question) => {
      const [path, words] = line(question)
      return [path, `${would}left alone: ${words}`] as const
    })
  ]
  const width = Math.max(0, ...rows.map(([path]) => path.length))
  return rows.map(([path, words]) => `  ${path.padEnd(width)}  ${words}`).join("\n")
}

/** `folder` is undefined if it is the one in which the user is. `isWhole`: each file of the service is as `init` writes it. */
export const nextSteps = (manager: string, folder: string | undefined, isWhole: boolean): string => `
Now type:

${folder === undefined ? "" : `  cd ${/\s/.test(folder) ? JSON.stringify(folder) : folder}\n`}  ${manager} install
  ${manager} run dev

${
  isWhole
    ? "The service answers at http://localhost:8080/primes/100000, and starts again at each change. README.md says what is where."
    : "Some files are your own, so the parts may not fit one another: npx giveway init in an empty folder shows the whole service."
}`
