/**
 * Labels: the names of fibers (their routes, spans and `Effect.fn`s), interned to small numbers that fit the beacon.
 *
 * Label 0 means "no name". New names get it too once the table is full: span names made from data (`GET /user/17`) must not
 * grow the table for ever.
 *
 * **Invariant.** All names come from {@link nameOf}, which cuts them: the table, the heaps of the watching threads, reports, dumps and
 * headers are bounded by that. Names that differ behind the cut only have one label. A name in the table shares no memory with
 * the program's text, since it may be a small part of a request.
 *
 * Decision 0122.
 */
import type * as Fiber from "effect/Fiber"
import * as cut from "../safeText/cut.ts"
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

/**
 * The name of a span or of a frame of `Effect.fn`, cut; `undefined` if it has none. A program's own tracer makes its spans, and may
 * name them by anything.
 */
export const givenName = (named: { readonly name: unknown } | undefined): string | undefined => {
  try {
    const name = named?.name
    return typeof name === "string" && name !== "" ? cut.to(cut.nameLetters, name) : undefined
  } catch {
    return undefined
  }
}

/**
 * The route that a fiber handles (see `routes.ts`), else the span that it is in, else its innermost `Effect.fn` or span frame. Cut to
 * the length of a name.
 */
export const nameOf = (fiber: Fiber.Fiber<unknown, unknown>): string | undefined => {
  const route = routes.nameOf(fiber)
  if (route !== undefined) return route
  const { span, stackFrame } = fiber.cache
  return givenName(span !== undefined && span._tag === "Span" ? span : stackFrame)
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
    const kept = cut.copied(name)
    names.push(kept)
    if (isOwn(kept)) own[label] = 1
    byName.set(kept, label)
    for (const hear of labels.onNew) hear({ _tag: "Label", label, name: kept })
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
