/**
 * How far the output of a worker (log lines, spans, what it writes to standard output) may be ahead of main: two cells in
 * shared memory.
 *
 * Main adds what it has taken. The worker, which knows what it has sent, takes the difference. So a worker that is too far
 * ahead can wait for main in the middle of synchronous code, where no message would reach it.
 *
 * **Invariant**: whenever the worker should look again, `epoch` changes before it is notified. The worker reads `epoch`, then
 * looks, then waits while `epoch` is the same. So it overlooks nothing.
 *
 * Decision 0123.
 */

/** Int32 cells, both written by main. */
const Cell = {
  /** units that main has taken since the worker began; it wraps around */
  taken: 0,
  epoch: 1
} as const

export interface OutputCredit {
  readonly buffer: SharedArrayBuffer
  readonly i32: Int32Array
}

/** Wraps a buffer that the other side made. */
export const fromBuffer = (buffer: SharedArrayBuffer): OutputCredit => ({ buffer, i32: new Int32Array(buffer) })

export const make = (): OutputCredit => fromBuffer(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))

/** Main: the worker may look again, since something has changed. */
export const wake = ({ i32 }: OutputCredit): void => {
  Atomics.add(i32, Cell.epoch, 1)
  Atomics.notify(i32, Cell.epoch)
}

/** Main: has taken so many units. */
export const grant = (credit: OutputCredit, units: number): void => {
  Atomics.add(credit.i32, Cell.taken, units)
  wake(credit)
}

/** Worker: the units that main has taken, a whole number of 32 bits. */
export const taken = ({ i32 }: OutputCredit): number => Atomics.load(i32, Cell.taken)

/** Worker: read it before looking, and give it to {@link sleep} then. */
export const epoch = ({ i32 }: OutputCredit): number => Atomics.load(i32, Cell.epoch)

/** Worker: sleeps until main says that something has changed since `epoch` was read. */
export const sleep = ({ i32 }: OutputCredit, epoch: number): void => {
  Atomics.wait(i32, Cell.epoch, epoch)
}
