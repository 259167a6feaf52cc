/**
 * What this thread can be asked by name, by whoever watches it: the live fibers, where its time goes, its pool.
 *
 * A question comes as a message while the event loop turns, or through the inspector in the middle of whatever holds it,
 * between any two statements, perhaps of the very code that an answer reads. So the names stand on `globalThis`, under a
 * symbol, as long as somebody answers.
 *
 * **Invariant.** An answer reads and changes nothing. One that throws, because it met a structure half changed, is left
 * out, and the others are given.
 */

/** Answers by name. They are sent as JSON. */
const answers = new Map<string, () => unknown>()

const key = Symbol.for("~giveway/answers")

/** What a watcher evaluates in this thread, in JavaScript, to ask `names`; a string, or `undefined` if nobody answers. */
export const expression = (names: ReadonlyArray<string>): string =>
  `globalThis[Symbol.for("~giveway/answers")]?.(${JSON.stringify(names)})`

/** The answer to `name` as it is, for who asks in this thread. */
export const value = (name: string): unknown => answers.get(name)?.()

/** The answers to `names` as one JSON object, with those left out that nobody gives. */
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

/** Answers `name` until the returned function is called. Who answered it before is heard again then. */
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
