/**
 * The facts that other threads can ask this thread for by name: its live fibers, its stalls, its pool.
 *
 * While the event loop turns, a question comes as a message. While the loop is held, it comes through the inspector, between
 * any two statements, perhaps of the very code whose data an answer reads. So the answering function stands on
 * `globalThis`, under a symbol, as long as there are answers.
 *
 * **Invariant.** An answer reads and changes nothing. An answer that throws, because it met a structure half changed, cannot be
 * printed or would be too long, is left out, and the others are given. {@link give} never throws: it runs in the middle of the
 * program's code.
 *
 * Decision 0122.
 */
import { json } from "../safeText/safeText.ts"

type Answer = () => unknown

/** The functions that answer, by name; the last one of a name is asked. Their results are sent as JSON. */
const answers = new Map<string, ReadonlyArray<Answer>>()

const key = Symbol.for("~giveway/answers")

/**
 * The question for `names`, in JavaScript: `fibers`, `recent`, `statistics`, and other names that parts of the program
 * answer. Evaluated in the watched thread it gives one JSON object, without the names that have no answer; `undefined` if
 * there are no answers at all.
 *
 * @category the question
 * @since 0.1.0
 */
export const expression = (names: ReadonlyArray<string>): string =>
  `globalThis[Symbol.for("~giveway/answers")]?.(${JSON.stringify(names)})`

/** The answer to `name` as a value, for code in this thread. */
export const value = (name: string): unknown => answers.get(name)?.at(-1)?.()

/** Whether this thread answers `name`. */
export const has = (name: string): boolean => answers.has(name)

/** Letters of one answer. V8 has strings of up to 2^29, and the thread that passes the answer on has a heap of 256 MB. */
const mostLetters = 2 ** 26

/** The member of the object of answers; `undefined` if there is no answer. */
const memberOf = (name: string): string | undefined => {
  try {
    const text = JSON.stringify(value(name)) as string | undefined
    if (text === undefined) return undefined
    // in ASCII a letter takes one byte
    const ascii = json(text)
    if (ascii.length <= mostLetters) return `${JSON.stringify(name)}:${ascii}`
    return failed(name, `it has ${ascii.length} letters, and may have ${mostLetters}`)
  } catch (error) {
    return failed(name, reasonOf(error))
  }
}

const failed = (name: string, reason: string): string =>
  `${JSON.stringify(`${name}Failed`)}:${json(JSON.stringify(reason.slice(0, 1000)))}`

const reasonOf = (error: unknown): string => {
  try {
    return String(error)
  } catch {
    return "it threw a value that cannot be printed"
  }
}

/** The answers to `names` as one JSON object in ASCII, without the names that have no answer. */
export const give = (names: ReadonlyArray<string>): string =>
  `{${names
    .map(memberOf)
    .filter((member) => member !== undefined)
    .join(",")}}`

/** Answers `name` until the returned function is called. Then it is answered as before, by those that have not withdrawn. */
export const provide = (name: string, answer: Answer): (() => void) => {
  if (answers.size === 0) Object.defineProperty(globalThis, key, { value: give, configurable: true, enumerable: false })
  answers.set(name, [...(answers.get(name) ?? []), answer])
  return () => {
    const left = answers.get(name)?.filter((other) => other !== answer) ?? []
    if (left.length > 0) answers.set(name, left)
    else answers.delete(name)
    if (answers.size === 0) Reflect.deleteProperty(globalThis, key)
  }
}
