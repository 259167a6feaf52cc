/**
 * Writes what workers print to the streams of the process.
 *
 * It takes the place of Node's own way, which pipes the stream of each worker: that one keeps all that a job prints in a synchronous loop
 * in the worker's memory, and then hands it to main in one message.
 *
 * **Invariant**: `taken` is called once for each chunk, when the stream has room again, or is gone. A reader that is gone ends no
 * program: `console.log` does not end it either.
 */
import type { Writable } from "node:stream"

const noop = (): void => undefined

/** Chunks that wait until their stream has room again. */
const waiting = new Map<Writable, Array<() => void>>()

const goOn = (stream: Writable): void => {
  const taken = waiting.get(stream) ?? []
  waiting.delete(stream)
  for (const each of taken) each()
}

export const print = (stream: Writable, chunk: string | Uint8Array, taken: () => void): void => {
  stream.once("error", noop)
  let hasRoom: boolean
  try {
    hasRoom = stream.write(chunk, (error) => {
      // the stream emits it after this
      if (error != null && stream.listenerCount("error") === 0) stream.once("error", noop)
    })
  } finally {
    stream.removeListener("error", noop)
  }
  // the program may have replaced `write` by a function that returns nothing
  if (hasRoom !== false || stream.destroyed) {
    taken()
    return
  }
  const others = waiting.get(stream)
  if (others !== undefined) {
    others.push(taken)
    return
  }
  waiting.set(stream, [taken])
  const go = (): void => {
    stream.removeListener("drain", go)
    stream.removeListener("close", go)
    goOn(stream)
  }
  stream.on("drain", go)
  stream.on("close", go)
}
