/**
 * The steps of ECMAScript that the methods of `Array.prototype` do beside their loop: how long an array-like is, into which
 * array a result is written, and how an element is defined.
 *
 * **Invariant.** These functions read the same properties in the same order as the native method. So a getter or a proxy
 * sees no difference, and no code has to tell a proxy from an array, which JavaScript cannot.
 */

import { apply, isConstructor } from "../intrinsics.ts"

/** Kept here, so that compiled code uses the intrinsic even if a program assigns to `Array` later. */
export const ArrayPrototype = Array.prototype
const { defineProperty } = Object

/** The longest array: `2 ** 32 - 1` elements. */
const longest = 4_294_967_295

/** The argument at `index`; `undefined` if there is none, even if a program put an element into `Array.prototype`. */
export const argument = (args: ReadonlyArray<unknown>, index: number): unknown =>
  index < args.length ? args[index] : undefined

/** ECMAScript's ToIntegerOrInfinity. */
const toInteger = (value: unknown): number => {
  const number = Math.trunc(+(value as number))
  return number !== number ? 0 : number + 0
}

/** ECMAScript's ToLength. */
export const toLength = (value: unknown): number => {
  if (typeof value === "number" && value >>> 0 === value) return value
  const length = toInteger(value)
  return length <= 0 ? 0 : Math.min(length, Number.MAX_SAFE_INTEGER)
}

/** A plain array of `length` holes, or a `RangeError`. */
export const newArray = (length: number): Array<unknown> => {
  if (length > longest) throw new RangeError("Invalid array length")
  // oxlint-disable-next-line no-new-array -- holes, without a callback for each
  return new Array<unknown>(length)
}

const nativeToString = Function.prototype.toString
const sourceOf = (f: object): string => apply(nativeToString, f, [])

/** Whether `value` is the `Array` of another realm, whose arrays a method of this realm does not make. */
const isForeignArray = (value: unknown): boolean =>
  value !== Array && typeof value === "function" && sourceOf(value) === sourceOf(Array)

/** ECMAScript's ArraySpeciesCreate, of an array; `undefined` stands for a plain array. */
export const speciesOf = (array: ReadonlyArray<unknown>): (new (length: number) => object) | undefined => {
  let species: unknown = array.constructor
  if (isForeignArray(species)) return undefined
  if ((typeof species === "object" && species !== null) || typeof species === "function") {
    species = (species as { readonly [Symbol.species]?: unknown })[Symbol.species]
    if (species === null) return undefined
  }
  if (species === undefined || species === Array) return undefined
  if (!isConstructor(species)) throw new TypeError("object.constructor[Symbol.species] is not a constructor")
  return species as new (length: number) => object
}

/**
 * ECMAScript's CreateDataPropertyOrThrow. A plain array that no other code has yet may be assigned to instead, unless the
 * key is in {@link ArrayPrototype}: then an assignment would call the setter there.
 */
export const define = (target: object, key: number, value: unknown): void => {
  // without a prototype, to which a program might have given a getter
  defineProperty(target, key, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true
  } as object)
}
