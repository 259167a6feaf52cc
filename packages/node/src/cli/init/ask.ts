/**
 * Asks about each thing that is there and would be another, and shows the change. "No" is the answer of Enter.
 */
import * as Prompt from "effect/cli/Prompt"
import * as Effect from "effect/Effect"
import * as TextDiff from "effect/TextDiff"
import * as printed from "../text/printed.ts"
import type { Question } from "./plan.ts"

/** The beginning tells the user which file it is; a change of many lines is read elsewhere (a guess). */
const mostLines = 16

const shown = (value: unknown): string => (value === undefined ? "absent" : JSON.stringify(value))

/** A field by the name that `npm pkg set` takes. */
const fieldOf = (path: readonly [name: string, inner?: string]): string => path.filter(Boolean).join(".")

/** What is there, and would be another, in a line. */
export const line = (question: Question): readonly [path: string, words: string] => {
  if (question._tag === "File") return [question.path, "it is there, and differs"]
  const { from, path, to } = question.change
  return ["package.json", `${fieldOf(path)} is ${shown(from)}; the service has ${shown(to)}`]
}

const change = (question: Question): string => {
  if (question._tag === "Field") return `\npackage.json: ${line(question)[1]}.`
  const { from, path, to } = question
  const lines = TextDiff.unified(TextDiff.lines(from, to), { fromFile: path, toFile: `${path} of the service` }).split(
    "\n"
  )
  const more = lines.length - mostLines
  return `\n${[...lines.slice(0, mostLines), ...(more > 0 ? [`… ${more} lines more`] : [])].join("\n")}`
}

const ask = (question: Question) =>
  Prompt.run(
    Prompt.Confirm({
      message:
        question._tag === "File"
          ? `Replace ${question.path}?`
          : `Change ${fieldOf(question.change.path)} in package.json?`
    })
  )

/** The questions that the user says yes to. */
export const all = (questions: ReadonlyArray<Question>) =>
  Effect.filter(questions, (question) => Effect.andThen(printed.out(change(question)), ask(question)))
