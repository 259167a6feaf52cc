/**
 * Lines on standard error, from any thread, whatever becomes of its reader.
 *
 * Standard error may be a pipe that nobody reads for a while, or any more. A synchronous write to it then waits for ever, or
 * throws: EAGAIN if another part of the process has made it non-blocking, EPIPE if the reader is gone. Both would end the
 * thread that watches, which exists for the time in which nothing else works.
 *
 * **Invariant.** Nothing here waits, and nothing throws. A line that standard error does not take at once is lost, and counted. A line
 * is one line, and no text does anything to a terminal, whatever names are in it.
 *
 * A pipe is opened once more, non-blocking: the mode of standard error itself belongs to all processes that share it, and a
 * child process that inherits it sets it back. Where a pipe cannot be opened again (a socket, another system, permissions),
 * standard error is made non-blocking before each line, as Node does it when a program first prints there.
 *
 * Rejected: a thread of its own that may wait in a write (the process could not end before the write does); writing in libuv's thread pool
 * (the same, and the pool would have a thread less).
 *
 * Decisions 0118, 0122.
 */
import { constants, fstatSync, openSync, writeSync } from "node:fs"
import { safeLine, safeLines } from "@giveway/core/Sysmon"
import * as lostLines from "./lostLines.ts"

const fd = 2

/** The same pipe with a mode of its own; `undefined` if it is none, or cannot be opened. */
const reopened = (): number | undefined => {
  try {
    const found = fstatSync(fd)
    // a terminal too: its user can stop it
    if (process.platform !== "linux" || !(found.isFIFO() || found.isCharacterDevice())) return undefined
    return openSync("/proc/self/fd/2", constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return undefined
  }
}

/** A socket, or a pipe that could not be opened again. */
const isStream = (): boolean => {
  try {
    const found = fstatSync(fd)
    return found.isSocket() || found.isFIFO()
  } catch {
    return false
  }
}

const makeNonBlocking = (): void => {
  // loaded only where it is needed: each thread with the compiler's hook has this module
  const { Socket } = process.getBuiltinModule("node:net")
  // libuv does so when it opens a stream, and leaves the three standard ones open when that is destroyed
  new Socket({ fd, readable: false, writable: true }).on("error", () => {}).destroy()
}

let own: { readonly fd: number; readonly shared: boolean } | undefined

/** Writes what is taken at once. `waits`: the rest may be taken later. */
const write = (bytes: Uint8Array): { readonly written: number; readonly waits: boolean } => {
  let written = 0
  try {
    if (own === undefined) {
      const again = reopened()
      own = again === undefined ? { fd, shared: isStream() } : { fd: again, shared: false }
    }
    if (own.shared) makeNonBlocking()
    while (written < bytes.length) written += writeSync(own.fd, bytes, written)
    return { written, waits: false }
  } catch (error) {
    // nobody reads at the moment, or any more; or the disk is full
    return { written, waits: (error as NodeJS.ErrnoException).code === "EAGAIN" }
  }
}

let state = lostLines.initial

/** Prints a line, or loses it. */
export const print = (line: string): void => {
  const bytes = Buffer.from(lostLines.textOf(state, safeLine(line)))
  state = lostLines.wrote(state, write(bytes).written, bytes.length)
}

/** Between two attempts to write on, ms: the first, and the longest after which each is twice the one before. Guesses. */
const firstPauseMs = 20
const longestPauseMs = 1000

let longWaits = false

/**
 * Prints lines, the rest of them as they are read. The process may end before that. While one such text waits for its reader, a second is
 * lost as a line is: each holds the memory of a dump.
 */
export const printLong = (lines: string): void => {
  if (longWaits) {
    state = { ...state, lost: state.lost + 1 }
    return
  }
  let rest: Uint8Array = Buffer.from(`${safeLines(lines)}\n`)
  let pauseMs = firstPauseMs
  const go = (): void => {
    const { waits, written } = write(rest)
    rest = rest.subarray(written)
    longWaits = rest.length > 0 && waits
    if (!longWaits) return
    pauseMs = written > 0 ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs)
    setTimeout(go, pauseMs).unref()
  }
  go()
}
