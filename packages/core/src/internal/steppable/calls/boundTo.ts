/**
 * The function behind a function that compiled code has bound: if the bound one is announced, the function behind it hears.
 *
 * A bound function calls the function behind it and nothing before that. The field is private: no program sees it.
 */
import { apply } from "../intrinsics.ts"

const { bind } = Function.prototype

// oxlint-disable-next-line no-extraneous-class -- its constructor returns its argument
class Itself {
  constructor(f: object) {
    // oxlint-disable-next-line no-constructor-return -- so that the subclass adds its field to `f`
    return f
  }
}

class Bound extends Itself {
  readonly #target: unknown

  constructor(f: object, target: unknown) {
    super(f)
    this.#target = target
  }

  static targetOf(f: object): unknown {
    return #target in f ? f.#target : undefined
  }
}

/** The function that `f` was bound to by compiled code, or by several bindings in a row. */
export const boundTo = (f: unknown): unknown => (typeof f === "function" ? Bound.targetOf(f) : undefined)

/**
 * Compiled code: `f.bind(...args)`, where the source calls `f` by `text`, and its arguments run no code.
 *
 * @category calls
 * @since 0.1.0
 */
export const bindOf = (f: { readonly bind?: unknown }, text: string, ...args: ReadonlyArray<unknown>): unknown => {
  const method = f.bind
  if (typeof method !== "function") throw new TypeError(`${text}.bind is not a function`)
  const made: unknown = apply(method as never, f, args)
  // oxlint-disable-next-line no-new -- the function is the instance
  if (method === bind) new Bound(made as object, boundTo(f) ?? f)
  return made
}
