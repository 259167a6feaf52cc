/**
 * Arrays that the runtime keeps for itself while a program runs.
 *
 * **Invariant.** A program may put elements, setters or other methods into `Array.prototype`; nothing of that is met here,
 * because these arrays have no prototype. They are written at their end (`xs[xs.length] = x`) and shortened by `length`.
 */
const { setPrototypeOf } = Object

export const bareArray = <A>(...first: ReadonlyArray<A>): Array<A> => setPrototypeOf(first, null) as Array<A>

/** The last element, taken away; `undefined` if there is none. */
export const takeLast = <A>(array: Array<A>): A | undefined => {
  const last = array.length - 1
  if (last < 0) return undefined
  const element = array[last]
  array.length = last
  return element
}
