/**
 * How many items of a collection one job takes.
 *
 * A job of one short item is mostly dispatch. A job of all items keeps one worker busy and the others idle, and every job
 * queued behind it waiting. So a job should take about `targetMs`. The first jobs take single items, later ones as many as
 * the measured time allows. At the end of the collection the rest is shared among all lanes (guided self-scheduling,
 * Polychronopoulos and Kuck 1987).
 *
 * **Invariant**: a chunk has at least one item, at most `mostItems`, and at most `growth` times as many as the longest
 * measured chunk. So a collection whose items become slow costs one chunk that is too long, not all of them.
 *
 * Decision 0062.
 */

/** A dispatch costs 1 % of it, and a job queued behind it hardly notices it. */
const targetMs = 5

/** They are encoded and cloned on the calling thread in one go: 2 µs for an item of a few fields, half a millisecond. */
const mostItems = 256

/** From 1 to `mostItems` in four steps. */
const growth = 4

/** The weight of the newest measurement in the mean: costs drift along a sorted collection. A guess. */
const weight = 0.5

export interface Chunking {
  /** the next chunk's size, given how many items are left (`Infinity`: unknown) for `lanes` jobs at a time */
  readonly next: (left: number, lanes: number) => number
  /** a chunk of `items` ran for `ms` */
  readonly learn: (items: number, ms: number) => void
}

/** Always the same size, but for the last. */
export const fixed = (items: number): Chunking => ({
  next: (left) => Math.min(left, items),
  learn: () => {}
})

export const adaptive = (): Chunking => {
  let perItemMs: number | undefined
  let longest = 0
  return {
    next: (left, lanes) => {
      if (perItemMs === undefined) return 1
      const wanted = Math.min(targetMs / perItemMs, growth * longest, mostItems, left / lanes)
      return Math.max(1, Math.floor(wanted))
    },
    learn: (items, ms) => {
      // The clock may not have moved at all.
      const measured = Math.max(ms, 1e-3) / items
      perItemMs = perItemMs === undefined ? measured : perItemMs + weight * (measured - perItemMs)
      longest = Math.max(longest, items)
    }
  }
}
