/**
 * The parts of the host that the heart is made of: timers, immediates that let the loop sleep, and a message to ourselves that
 * keeps it from sleeping once.
 *
 * They are those of the host as this module was loaded. Fake timers replace the global ones later, and a heart of those would stand
 * still: the watcher would take a test that never advances its clock for a loop that is held.
 *
 * None of them keeps the process alive, or shows in `process.getActiveResourcesInfo()`. A port of our own takes the part of an immediate
 * that is referenced, since that one would show there.
 */

/** Node's timers and ports are objects; elsewhere timers are numbers, and nothing keeps a process alive. */
interface Unreferenced {
  readonly unref?: () => void
}

interface Host {
  readonly setImmediate?: (f: () => void) => Unreferenced
  readonly clearImmediate?: (immediate: Unreferenced | undefined) => void
  readonly MessageChannel?: new () => MessageChannel
}

const { clearImmediate, MessageChannel: Channel, setImmediate } = globalThis as Host
const { clearTimeout, setTimeout } = globalThis

const unref = (one: unknown): void => (one as Unreferenced).unref?.()

/** Whether this host has immediates that let its loop sleep. */
export const canRest = Channel !== undefined && setImmediate !== undefined && clearImmediate !== undefined && hasUnref()

function hasUnref(): boolean {
  const immediate = setImmediate!(() => {})
  clearImmediate!(immediate)
  return immediate.unref !== undefined
}

let timer: ReturnType<typeof setTimeout> | undefined
let immediate: Unreferenced | undefined
let channel: MessageChannel | undefined

/** Calls `f` once, in `ms`. There is one timer and one immediate at a time: each call here takes the one before back. */
export const after = (ms: number, f: () => void): void => {
  clear()
  timer = setTimeout(f, ms)
  unref(timer)
}

/** Calls `f` once, in the next turn of the loop that has anything to do. */
export const inNextTurn = (f: () => void): void => {
  clear()
  immediate = setImmediate!(f)
  unref(immediate)
}

/** Calls `f` once, in the next turn of the loop, which does not sleep. */
export const inTurnAtOnce = (f: () => void): void => {
  inNextTurn(f)
  channel ??= open()
  channel.port2.postMessage(undefined)
}

const open = (): MessageChannel => {
  const made = new Channel!()
  made.port1.addEventListener("message", () => {})
  made.port1.start()
  // a port that is listened to keeps the process alive
  unref(made.port1)
  return made
}

const clear = (): void => {
  clearTimeout(timer)
  if (immediate !== undefined) clearImmediate!(immediate)
  timer = immediate = undefined
}

/** Takes all back. */
export const stop = (): void => {
  clear()
  channel?.port1.close()
  channel = undefined
}
