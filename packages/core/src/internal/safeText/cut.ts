/**
 * Texts of a limited length. Names, reasons and stacks are the program's, and a span may be called by a megabyte. They are
 * kept in tables, sent to threads with small heaps, and put into headers.
 *
 * **Invariant.** A text that was cut is a copy: V8 makes a part of a text by pointing into the whole, which would be kept alive.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 *
 * Decision 0122.
 */

/** Stands where something was cut. */
const mark = "…"

/** Letters of a name that are kept. Routes and functions have less than 100; Sentry keeps as many of a transaction's name. */
export const nameLetters = 200

/** Letters of a reason or an advice: a sentence or two. */
export const sentenceLetters = 1000

/** Letters of a frame of a stack: a function's name and a path, each as long as most systems let them be used. */
const frameLetters = 700

/** A copy that shares no memory with `text`. Some 2 µs for a name. */
export const copied = (text: string): string => text.split("").join("")

/** Half of a surrogate pair is no letter. */
const isHighHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLowHalf = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000

/** The beginning of a text that is longer than `letters`, with a mark. */
export const to = (letters: number, text: string): string => {
  if (text.length <= letters) return text
  const end = letters - mark.length
  return copied(text.slice(0, isHighHalf(text.charCodeAt(end - 1)) ? end - 1 : end) + mark)
}

/** A frame keeps both ends: the function's name, and the line. */
const frame = (text: string): string => {
  if (text.length <= frameLetters) return text
  const half = frameLetters / 2
  const begins = text.length - half
  return to(half, text) + copied(text.slice(isLowHalf(text.charCodeAt(begins)) ? begins + 1 : begins))
}

/** A stack whose frames have a limited length. V8 limits their number. */
export const stack = (text: string, frames: number): string => {
  // most stacks are short
  if (text.length <= frameLetters) return text
  return text
    .split("\n", frames + 1)
    .map(frame)
    .join("\n")
}
