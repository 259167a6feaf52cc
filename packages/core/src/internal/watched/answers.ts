/**
 * The facts that other threads can ask this thread for by name: its live fibers, its stalls, its pool.
 *
 * While the event loop turns, a question comes as a message. While the loop is held, it comes through the inspector, between
 * any two statements, perhaps of the very code whose data an answer reads. So the answering function stands on
 * `globalThis`, under a symbol, as long as there are answers.
 *
 * **Invariant.** An answer reads and changes nothing. An answer that throws, because it met a structure half changed, is
 * left out, and the others are given.
 */

/** The functions that answer, by name. Their results are sent as JSON. */
const answers = new Map<string, () => unknown>()

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
export const value = (name: string): unknown => answers.get(name)?.()

/** Whether this thread answers `name`. */
export const has = (name: string): boolean => answers.has(name)

/** The answers to `names` as one JSON object, without the names that have no answer. */
export const give = (names: ReadonlyArray<string>): string => {
  const given: Record<string, unknown> = {}
  for (const name of names) {
    try {
      given[name] = answers.get(name)?.()
    } catch (error) {
      given[`${name}Failed`] = String(error)
    }
  }
  return JSON.stringify(given)
}

/** Answers `name` until the returned function is called. Then the answer that was given before is given again. */
export const provide = (name: string, answer: () => unknown): (() => void) => {
  const before = answers.get(name)
  if (answers.size === 0) Object.defineProperty(globalThis, key, { value: give, configurable: true, enumerable: false })
  answers.set(name, answer)
  return () => {
    if (answers.get(name) !== answer) return
    if (before === undefined) answers.delete(name)
    else answers.set(name, before)
    if (answers.size === 0) Reflect.deleteProperty(globalThis, key)
  }
}
