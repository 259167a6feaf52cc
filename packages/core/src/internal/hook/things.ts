/**
 * Which deferred, queue, latch or semaphore a fiber waits for: a number for each, the same for all who wait for that one.
 *
 * Effect gives these no identity, and a fiber that waits keeps only how to undo that: a closure that takes it out of the
 * thing's list of waiters. Called while `Array.prototype.indexOf` and `Set.prototype.delete` only note their receiver and
 * find nothing, the closure says which list that is, and changes nothing; the list is the thing's for as long as somebody
 * waits in it. A queue has one list each for those who take, offer and await its end, and so a number each; a latch begins a
 * new one each time it lets its waiters go.
 *
 * **Invariants.** A closure is called only if its source text is that of one that was made for the purpose and was seen to
 * change nothing. The two methods are replaced only for the length of one such call, in which nothing else runs, and only
 * when somebody looks: a slice costs nothing. Numbers keep nothing alive, and none is given twice.
 *
 * Rejected: numbering the thing where it is made, or its list where a fiber is added to it (a cost per wait, for a dump that
 * is rarely asked for).
 */

// oxlint-disable no-extend-native -- nothing is added: two methods are replaced for the length of one call

const numbers = new WeakMap<object, number>()
let given = 0

/** The number of a thing, by the object that stands for it. */
export const numberOf = (thing: object): number => {
  const known = numbers.get(thing)
  if (known !== undefined) return known
  numbers.set(thing, ++given)
  return given
}

type Waiters = ReadonlyArray<unknown> | ReadonlySet<unknown>

/** In which list a closure would look for its waiter, without its taking it out. */
const ask = (cancel: () => unknown): Waiters | undefined => {
  const indexOf = Object.getOwnPropertyDescriptor(Array.prototype, "indexOf")
  const remove = Object.getOwnPropertyDescriptor(Set.prototype, "delete")
  // somebody's hardened realm: then things have no numbers
  if (indexOf?.configurable !== true || remove?.configurable !== true) return undefined
  let noted: Waiters | undefined
  const note = (waiters: Waiters): void => {
    noted ??= waiters
  }
  try {
    Object.defineProperty(Array.prototype, "indexOf", {
      ...indexOf,
      value(this: ReadonlyArray<unknown>) {
        note(this)
        return -1
      }
    })
    Object.defineProperty(Set.prototype, "delete", {
      ...remove,
      value(this: ReadonlySet<unknown>) {
        note(this)
        return false
      }
    })
    cancel()
  } finally {
    Object.defineProperty(Array.prototype, "indexOf", indexOf)
    Object.defineProperty(Set.prototype, "delete", remove)
  }
  return noted
}

/** Source texts of closures that say their list and change nothing. */
const harmless = new Set<string>()

const textOf = (f: () => unknown): string => Function.prototype.toString.call(f)

const membersOf = (waiters: Waiters): ReadonlyArray<unknown> => Array.from(waiters)

/** Learns that closures of this text can be asked, if that of a waiter which was made for the purpose can. */
export const learn = (cancel: () => unknown): void => {
  const first = ask(cancel)
  if (first === undefined) return
  const before = membersOf(first)
  const second = ask(cancel)
  const after = membersOf(first)
  const isUnchanged = before.length === after.length && before.every((member, index) => member === after[index])
  if (second === first && before.length > 0 && isUnchanged) harmless.add(textOf(cancel))
}

/** The number of the thing in whose list a closure would look for its waiter; `undefined` where that cannot be told. */
export const awaitedBy = (cancel: () => unknown): number | undefined => {
  const waiters = harmless.has(textOf(cancel)) ? ask(cancel) : undefined
  return waiters === undefined ? undefined : numberOf(waiters)
}
