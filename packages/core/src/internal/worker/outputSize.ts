/**
 * How much a message with output counts against the window of its worker, in units of about a byte.
 *
 * It is an estimate, and cheap: few log lines have more than a dozen values. A message with more values than are looked at counts
 * as much as a window, so that it goes alone.
 */

/** For each message: the time that loggers take for a short line is more than that for its letters. A guess. */
const perMessage = 256

/** For each value in it. */
const perValue = 16

/** Values that are looked at. A guess. */
const mostValues = 256

let left = 0

/** The units of a message. It has been cloned, so no code of a program runs here. */
export const unitsOf = (message: unknown): number => {
  left = mostValues
  const units = perMessage + sizeOf(message)
  return left > 0 ? Math.min(units, whole) : whole
}

/** More than any window holds. */
const whole = 2 ** 30

const sizeOf = (value: unknown): number => {
  if (--left <= 0) return 0
  if (typeof value === "string") return perValue + value.length
  if (typeof value === "bigint") return perValue + bigSize(value)
  if (typeof value !== "object" || value === null) return perValue
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return perValue + value.byteLength
  let size = perValue
  if (value instanceof Map || value instanceof Set) {
    for (const entry of value) {
      if (left <= 0) break
      size += sizeOf(entry)
    }
    return size
  }
  for (const key in value) {
    if (left <= 0) break
    size += key.length + sizeOf((value as Record<string, unknown>)[key])
  }
  return size
}

/** A number of many digits is rare, and its length costs as much as to print it: beyond 64 bits it counts as a kilobyte. */
const bigSize = (value: bigint): number => (BigInt.asIntN(64, value) === value ? 8 : 1024)
