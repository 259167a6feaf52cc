/**
 * Labels: the names of fibers (their routes, spans and `Effect.fn`s), interned to small numbers that fit the beacon.
 *
 * Label 0 means "no name". New names get it too once the table is full: span names made from data (`GET /user/17`) must not
 * grow the table for ever.
 */
import type * as Fiber from "effect/Fiber"
import { capacity } from "../sharedMemory/usage.ts"
import { isOwn } from "../stalls/ownNames.ts"
import * as routes from "./routes.ts"

export { capacity } from "../sharedMemory/usage.ts"

export interface Labels {
  readonly of: (fiber: Fiber.Fiber<unknown, unknown>) => number
  readonly name: (label: number) => string | undefined
  /** whether it is the name of work of Giveway's own */
  readonly isOwn: (label: number) => boolean
  /** how many there are, label 0 included */
  readonly count: () => number
  /** functions that are called with each new label */
  readonly onNew: Set<(request: { readonly _tag: "Label"; readonly label: number; readonly name: string }) => void>
  /** each label with its name, label 0 first */
  readonly entries: () => Iterable<readonly [label: number, name: string | undefined]>
}

/** The route that a fiber handles (see `routes.ts`), else the span that it is in, else its innermost `Effect.fn` or span frame. */
export const nameOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => {
  const route = routes.nameOf(fiber)
  if (route !== undefined) return route
  const { span, stackFrame } = fiber.cache
  return span !== undefined && span._tag === "Span" ? span.name : stackFrame?.name
}

export const make = (): Labels => {
  const byName = new Map<string, number>()
  const names: Array<string | undefined> = [undefined]
  const own = new Uint8Array(capacity)
  // most slices run under the same context as the one before, or at least under the same name
  let lastCache: object | undefined
  let lastName: string | undefined
  let lastLabel = 0

  const intern = (name: string): number => {
    const known = byName.get(name)
    if (known !== undefined) return known
    if (names.length === capacity) return 0
    const label = names.length
    names.push(name)
    if (isOwn(name)) own[label] = 1
    byName.set(name, label)
    for (const hear of labels.onNew) hear({ _tag: "Label", label, name })
    return label
  }

  const labels: Labels = {
    of: (fiber) => {
      const { cache } = fiber
      if (cache === lastCache) return lastLabel
      lastCache = cache
      const name = nameOf(fiber)
      if (name !== lastName) {
        lastLabel = name === undefined ? 0 : intern(name)
        lastName = name
      }
      return lastLabel
    },
    name: (label) => names[label],
    isOwn: (label) => own[label] === 1,
    count: () => names.length,
    onNew: new Set(),
    entries: () => names.entries()
  }
  return labels
}
