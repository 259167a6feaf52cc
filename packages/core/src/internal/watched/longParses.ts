/**
 * The callers of `JSON.parse` with a long text. Of native calls it is the one that services make most; its time grows with
 * its argument, and it leaves no trace. V8 answers the question for the stack when the call has returned, at the entry of
 * the next function, and then the caller's frame may be gone. So the stack is noted before the call.
 *
 * **Cost.** A call with a short text costs a comparison. One with {@link leastLength} characters and more takes a
 * millisecond and more; it costs a stack (some 30 µs) and two clock readings.
 *
 * **Invariant.** `JSON.parse` is wrapped while a supervision is there. Its results and errors stay the same. If the program
 * has put its own function in its place since, that one stays.
 *
 * Rejected: the inspector's Debugger domain (it makes `await` eight times slower), and a CPU profile that always runs, which
 * samples in native code too, but costs every program all the time (see docs/decisions/0074).
 */
import { now } from "../sharedMemory/clock.ts"
import { stackHere } from "../stackTrace/stackHere.ts"

/** A shorter text is parsed within a millisecond or two, in UTF-16 units. A guess. */
const leastLength = 2 ** 18

/** Times in ms of the clock that all threads share. */
export interface LongParse {
  readonly from: number
  readonly to: number
  /** the caller's, as V8 prints it */
  readonly stack: string
}

/** `to` is undefined until the call is over: V8 answers in the function that is entered next, which may be one of ours. */
let latest: (Omit<LongParse, "to"> & { readonly to: number | undefined }) | undefined

/** The last long call, over or not. */
export const last = (): LongParse | undefined => latest && { ...latest, to: latest.to ?? now() }

type Parse = typeof JSON.parse

const wrap = (parse: Parse): Parse => {
  const noted: Parse = (text, reviver) => {
    if (typeof text !== "string" || text.length < leastLength) return parse(text, reviver)
    const stack = stackHere()
    const from = now()
    // a reviver may parse another long text: the call around it goes on afterwards, and is the one to name
    const around = latest !== undefined && latest.to === undefined ? latest : undefined
    latest = { from, to: undefined, stack }
    try {
      return parse(text, reviver)
    } finally {
      latest = around ?? { from, to: now(), stack }
    }
  }
  Object.defineProperty(noted, "name", { value: "parse", configurable: true })
  return noted
}

let uses = 0
let undo = (): void => {}

/** Notes long calls until the returned function is called. The last such call restores `JSON.parse`. */
export const observe = (): (() => void) => {
  if (uses++ === 0) {
    const { parse } = JSON
    const noted = wrap(parse)
    // under `--frozen-intrinsics` it stays as it is, and long calls have the stack that comes after them
    Reflect.set(JSON, "parse", noted)
    undo = () => {
      latest = undefined
      if (JSON.parse === noted) Reflect.set(JSON, "parse", parse)
    }
  }
  return () => {
    if (--uses === 0) undo()
  }
}
