/**
 * Whether the yield-point compiler works in this process: `@giveway/node/register` has set the mark, or code that a bundler's
 * plugin compiled has begun to run. Advice about code that is not compiled depends on it.
 */
const key = Symbol.for("~giveway/compiler")

/** Compiled code begins to run. */
export const note = (): void => void Reflect.set(globalThis, key, true)

export const isHere = (): boolean => Reflect.has(globalThis, key)
