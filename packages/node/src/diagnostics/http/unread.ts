/**
 * The large answers that clients have not read yet. Each is kept once, however many clients read it, and all together are
 * bounded: the memory is the program's, and a client that never reads costs as much as one that does.
 */
import type { ServerResponse } from "node:http"

/**
 * A dump of 100,000 fibers has some 40 MB, so several generations of it may be under way. The number is a guess at how much memory
 * a service can do without.
 */
const mostUnread = 256_000_000

interface Unread {
  /** Keeps `bytes` until the response is over. `false` if too much is unread already: then the bytes must not be sent. */
  readonly keep: (response: ServerResponse, bytes: Uint8Array) => boolean
}

export const make = (most = mostUnread): Unread => {
  const readers = new Map<Uint8Array, number>()
  let total = 0

  const release = (bytes: Uint8Array): void => {
    const left = readers.get(bytes)! - 1
    if (left > 0) {
      readers.set(bytes, left)
      return
    }
    readers.delete(bytes)
    total -= bytes.length
  }

  return {
    keep: (response, bytes) => {
      const known = readers.get(bytes) ?? 0
      // one answer is always given, however large
      if (known === 0 && total > 0 && total + bytes.length > most) return false
      if (known === 0) total += bytes.length
      readers.set(bytes, known + 1)
      response.once("close", () => release(bytes))
      return true
    }
  }
}

/** Makes one answer at a time. Those who ask while it is made get the same. */
export const shared = <A>(answer: () => Promise<A>): (() => Promise<A>) => {
  let open: Promise<A> | undefined
  return () =>
    (open ??= answer().finally(() => {
      open = undefined
    }))
}
