/**
 * The thread block: the shared memory in which a thread says what it runs now, and in which it is told to stop.
 *
 * Every JavaScript thread of a Giveway process (main and each compute worker) owns one block. Its owner writes it, sysmon
 * and the pool read it. Others write a few cells: sysmon the budget of compiled code, whether its slices are watched, whether
 * the heart may rest, and since when it suspects that a resting loop is held; main the cancel cell of a worker. This folder owns every index into shared memory and every `Atomics` call: beside this
 * file the rings of jobs (`jobRing.ts`), the jobs that workers run (`jobBoard.ts`), and the accounts by name (`usage.ts`).
 *
 * **Invariant.** The **beacon** (the cells about slices and turns) is best effort, so it is OK that it is racy: its cells are
 * stored plainly (0.4 ns against 10 ns for `Atomics.store`), and a reader detects a torn read by comparing `sliceSeq` before
 * and after. A cut of a budget is best effort too: the owner counts down without `Atomics`, so a cut may be lost, and is
 * repeated while the slice lasts. A cancel is not: it is stored with `Atomics`, and names a job by number, so a late one can
 * never hit the next job.
 *
 * Rejected: one flag per job in a table (needs a free list and an ABA guard); a boolean cancel flag (a cancel that
 * arrives between two jobs kills the wrong one).
 */

/** Int32 cells. Cells that different threads write sit 64 bytes (one cache line) apart. */
const Cell = {
  /** number of slices begun; changes at each begin and end, so an unchanged value means "the same slice still runs" */
  sliceSeq: 0,
  /** nesting depth of run loops; 0 when no fiber runs */
  depth: 1,
  /** number of outermost slices begun: the run loops nested in one change `sliceSeq`, but not this */
  outerSeq: 2,
  /** label of the fiber that runs, or ran last: the number of its name (see `Labels` in Supervision) */
  label: 3,
  /** number of turns begun */
  turnSeq: 4,
  /** 1 while the run queue is being served */
  inTurn: 5,
  /** slices run since this turn began */
  turnSlices: 6,
  /** fibers ready to run */
  ready: 7,
  /** bumped by a timer, so that a reader sees a held loop even if no fiber holds it */
  heartbeat: 8,
  /** bumped by the owner to wake sysmon early: it sleeps on this cell */
  wakes: 9,
  /** whether the slices of compiled code are watched, see {@link Watched} */
  watched: 16,
  /** 1 if a watcher sees holds of a loop whose heart rests */
  seesRest: 17,
  /** number of the job this worker must stop; 0 for none. Written by main only */
  cancel: 32,
  /** number of the job whose cancel the worker's event loop has heard. Written by the worker only */
  heard: 48,
  /** units of work that compiled code may do before it reads the clock */
  budget: 80,
  /** a budget that no code counts down, see `internal/watcher/flagTest.ts` */
  test: 96
} as const

/** Values of `Cell.watched`. */
const Watched = {
  /** no watcher */
  nobody: 0,
  /** sysmon sleeps, and wants to be woken when compiled code runs for long */
  asleep: 1,
  awake: 2
} as const

/** Float64 cells, milliseconds on the `performance.timeOrigin + performance.now()` clock that all threads share. */
const Time = {
  /** when the innermost slice began */
  sliceStart: 32,
  /** when this turn began */
  turnStart: 33,
  /** since when the oldest ready fiber waits */
  oldestReady: 34,
  /** when the heartbeat will be bumped next if nothing holds the loop; Infinity while the heart rests */
  heartbeatDue: 35,
  /** when the outermost slice began */
  outerStart: 36,
  /** of the time in which the heartbeat is overdue, the part that single long slices already account for */
  attributed: 37,
  /** id of the innermost running fiber, or of the one that ran last; no Int32, since a busy service forks 2^31 fibers in days */
  fiberId: 38,
  /** when the slice of compiled code that runs should be over; 0 if none runs */
  stepsDue: 39,
  /** id of a fiber that may hold the loop, 0 for none */
  allowed: 56,
  /** how often the heartbeat was how late, a cell for each bucket; no Int32, since that is full within a year */
  lags: 64,
  /** how late it was, all in all */
  lagSum: 80,
  /** a heartbeat after which the watcher suspects that the loop is held, 0 for none; and since when. Written by the watcher */
  suspected: 88,
  suspectedSince: 89,
  /** when the heartbeat was bumped last, and how long the loop had not been idle by then, all in all, ms */
  heartbeatAt: 96,
  active: 97
} as const

/**
 * Upper ends of the buckets of heartbeats' lateness, in ms: from a timer's own jitter to 16 s, doubling. One more is open.
 *
 * @category looks
 * @since 0.1.0
 */
export const lagBoundsMs: ReadonlyArray<number> = Array.from({ length: 15 }, (_, k) => 2 ** k)

/** The lines of `budget`, `test` and `allowed` are of one cell each. */
const bytes = Time.heartbeatAt * 8 + 64

/**
 * One thread's block, seen through its two views.
 *
 * @category looks
 * @since 0.1.0
 */
export interface ThreadBlock {
  readonly buffer: SharedArrayBuffer
  readonly i32: Int32Array
  readonly f64: Float64Array
}

/**
 * Wraps a buffer that another thread made.
 *
 * @category looks
 * @since 0.1.0
 */
export const fromBuffer = (buffer: SharedArrayBuffer): ThreadBlock => ({
  buffer,
  i32: new Int32Array(buffer),
  f64: new Float64Array(buffer)
})

/** A fresh block, all zero. */
export const make = (): ThreadBlock => fromBuffer(new SharedArrayBuffer(bytes))

// --- jobs: main asks, the worker obeys ------------------------------------------------------------------------------

/** Main: asks the worker to stop `job`. Harmless if that job is over. */
export const requestCancel = (block: ThreadBlock, job: number): void => {
  Atomics.store(block.i32, Cell.cancel, job)
}

/** Worker: its event loop turns, and has heard that `job` is to stop. */
export const hearCancel = (block: ThreadBlock, job: number): void => {
  Atomics.store(block.i32, Cell.heard, job)
}

/** Main: whether the worker's event loop turned at least once after `job` was asked to stop. */
export const hasHeardCancel = (block: ThreadBlock, job: number): boolean => Atomics.load(block.i32, Cell.heard) === job

/**
 * Worker, hot: was `job` asked to stop? A plain load, about 0.3 ns; V8 does not hoist it out of a loop that calls
 * anything, and every caller is a call.
 */
export const isCancelRequested = (block: ThreadBlock, job: number): boolean => block.i32[Cell.cancel] === job

// --- the beacon: the owner says what it runs, sysmon looks ----------------------------------------------------------

/**
 * Owner, hot: a slice of `fiberId` begins at `now`. The caller keeps the values that these replace, and gives them to `endSlice`.
 */
export const beginSlice = (block: ThreadBlock, depth: number, fiberId: number, label: number, now: number): void => {
  const { f64, i32 } = block
  f64[Time.fiberId] = fiberId
  i32[Cell.label] = label
  f64[Time.sliceStart] = now
  if (depth === 1) {
    f64[Time.outerStart] = now
    i32[Cell.outerSeq] = i32[Cell.outerSeq]! + 1
  }
  i32[Cell.depth] = depth
  i32[Cell.turnSlices] = i32[Cell.turnSlices]! + 1
  i32[Cell.sliceSeq] = i32[Cell.sliceSeq]! + 1
}

/** Any thread: how many outermost slices were begun, modulo 2^32. */
export const outerSlices = (block: ThreadBlock): number => block.i32[Cell.outerSeq]!

/**
 * Owner, hot: the innermost slice is over, and the one that it was nested in goes on at `now`. At depth 0 none goes on: then
 * `fiberId` and `label` are of the one that ran last.
 */
export const endSlice = (block: ThreadBlock, depth: number, fiberId: number, label: number, now: number): void => {
  const { f64, i32 } = block
  f64[Time.fiberId] = fiberId
  i32[Cell.label] = label
  f64[Time.sliceStart] = now
  i32[Cell.depth] = depth
  i32[Cell.sliceSeq] = i32[Cell.sliceSeq]! + 1
}

/** Owner: the fiber of the innermost slice has another name now. */
export const relabel = (block: ThreadBlock, label: number): void => {
  block.i32[Cell.label] = label
}

/** Owner: a long outermost slice is over and accounts for its part of the time in which the heartbeat is overdue. */
export const attribute = (block: ThreadBlock, begunAt: number, endedAt: number): void => {
  const { f64 } = block
  f64[Time.attributed] = f64[Time.attributed]! + Math.max(0, endedAt - Math.max(begunAt, f64[Time.heartbeatDue]!))
}

/** Owner: a turn begins, with `ready` fibers waiting, the oldest since `oldestReady`. */
export const beginTurn = (block: ThreadBlock, now: number, ready: number, oldestReady: number): void => {
  const { f64, i32 } = block
  f64[Time.turnStart] = now
  f64[Time.oldestReady] = oldestReady
  i32[Cell.ready] = ready
  i32[Cell.turnSlices] = 0
  i32[Cell.inTurn] = 1
  i32[Cell.turnSeq] = i32[Cell.turnSeq]! + 1
}

/** Owner: the turn is over, `ready` fibers still wait. */
export const endTurn = (block: ThreadBlock, ready: number): void => {
  block.i32[Cell.ready] = ready
  block.i32[Cell.inTurn] = 0
}

/** Owner: `fiberId` may hold the loop from now on; 0: no fiber may. */
export const setAllowed = (block: ThreadBlock, fiberId: number): void => {
  block.f64[Time.allowed] = fiberId
}

/** Owner: the event loop turns at `at`, and is to say so again at `due`. It was not idle for `activeMs` so far. */
export const heartbeat = (block: ThreadBlock, due: number, at: number, activeMs: number): void => {
  block.f64[Time.heartbeatAt] = at
  block.f64[Time.active] = activeMs
  block.f64[Time.heartbeatDue] = due
  block.f64[Time.attributed] = 0
  block.i32[Cell.heartbeat] = block.i32[Cell.heartbeat]! + 1
}

/** Owner: the heartbeat is to come at `due` instead. */
export const moveHeartbeat = (block: ThreadBlock, due: number): void => {
  block.f64[Time.heartbeatDue] = due
}

/** Owner: a heartbeat came `ms` late. */
export const addLag = ({ f64 }: ThreadBlock, ms: number): void => {
  const late = Math.max(0, ms)
  // `clz32` counts modulo 2^32
  const bucket = late >= lagBoundsMs.at(-1)! ? lagBoundsMs.length : 32 - Math.clz32(late)
  f64[Time.lags + bucket] = f64[Time.lags + bucket]! + 1
  f64[Time.lagSum] = f64[Time.lagSum]! + late
}

/**
 * How late heartbeats were.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Lags {
  /** how many were late by up to each of {@link lagBoundsMs}, and by more than the last */
  readonly counts: ReadonlyArray<number>
  readonly sumMs: number
}

/**
 * Any thread: how late its heartbeats were so far. One that is overdue now is not counted before it has come.
 *
 * @category looks
 * @since 0.1.0
 */
export const readLags = ({ f64 }: ThreadBlock): Lags => ({
  counts: Array.from(f64.subarray(Time.lags, Time.lags + lagBoundsMs.length + 1)),
  sumMs: f64[Time.lagSum]!
})

/**
 * A beacon as it was read at one moment. Times in ms, see `Time`.
 *
 * @category looks
 * @since 0.1.0
 */
export interface Beacon {
  readonly sliceSeq: number
  readonly depth: number
  readonly outerSeq: number
  readonly outerStart: number
  readonly fiberId: number
  readonly label: number
  readonly sliceStart: number
  readonly turnSeq: number
  readonly inTurn: boolean
  readonly turnSlices: number
  readonly turnStart: number
  readonly ready: number
  readonly oldestReady: number
  readonly heartbeat: number
  readonly heartbeatDue: number
  readonly heartbeatAt: number
  readonly active: number
  /** since when the watcher suspects that the loop is held, though no beat was due; Infinity if it does not */
  readonly suspectedSince: number
  readonly attributed: number
  /** a fiber that may hold the loop, 0 for none */
  readonly allowed: number
  /** to be given to `sleep` */
  readonly wakes: number
}

/**
 * Any thread: reads the beacon; tries again a few times if the owner wrote meanwhile, then takes the last read.
 *
 * @category looks
 * @since 0.1.0
 */
export const readBeacon = (block: ThreadBlock): Beacon => {
  const { f64, i32 } = block
  for (let attempt = 0; ; attempt++) {
    const sliceSeq = Atomics.load(i32, Cell.sliceSeq)
    const heartbeat = Atomics.load(i32, Cell.heartbeat)
    const beacon: Beacon = {
      sliceSeq,
      depth: Atomics.load(i32, Cell.depth),
      outerSeq: Atomics.load(i32, Cell.outerSeq),
      outerStart: f64[Time.outerStart]!,
      fiberId: f64[Time.fiberId]!,
      label: Atomics.load(i32, Cell.label),
      sliceStart: f64[Time.sliceStart]!,
      turnSeq: Atomics.load(i32, Cell.turnSeq),
      inTurn: Atomics.load(i32, Cell.inTurn) === 1,
      turnSlices: Atomics.load(i32, Cell.turnSlices),
      turnStart: f64[Time.turnStart]!,
      ready: Atomics.load(i32, Cell.ready),
      oldestReady: f64[Time.oldestReady]!,
      heartbeat,
      heartbeatDue: f64[Time.heartbeatDue]!,
      heartbeatAt: f64[Time.heartbeatAt]!,
      active: f64[Time.active]!,
      suspectedSince: f64[Time.suspected] === heartbeat ? f64[Time.suspectedSince]! : Infinity,
      attributed: f64[Time.attributed]!,
      allowed: f64[Time.allowed]!,
      wakes: Atomics.load(i32, Cell.wakes)
    }
    if (attempt === 3 || Atomics.load(i32, Cell.sliceSeq) === sliceSeq) return beacon
  }
}

/**
 * A watcher's own thread: sleeps `ms`, or until the owner calls `wake`. It does not sleep if the owner has done so since the
 * beacon that showed `seenWakes`. Returns whether the owner called.
 */
export const sleep = (block: ThreadBlock, ms: number, seenWakes: number): boolean =>
  Atomics.wait(block.i32, Cell.wakes, seenWakes, ms) !== "timed-out"

/** Owner: ends the watcher's sleep. */
export const wake = (block: ThreadBlock): void => {
  Atomics.add(block.i32, Cell.wakes, 1)
  Atomics.notify(block.i32, Cell.wakes)
}

// --- slices of compiled code: the owner says when one is due, sysmon cuts its budget short ---------------------------

/** The value of a budget that was cut short. Code that counts its budget down goes only little below 0. */
const cut = -(2 ** 30)

/** The owner's budget: one cell, for compiled code to count down without a call. */
export const budgetOf = (block: ThreadBlock): Int32Array => new Int32Array(block.buffer, Cell.budget * 4, 1)

/** Owner: whether the budget was cut short, and not used up. */
export const isCut = (budget: number): boolean => budget < cut / 2

/** Owner: compiled code runs, and should give way at `due` (0: it runs no more). */
export const setStepsDue = (block: ThreadBlock, due: number): void => {
  block.f64[Time.stepsDue] = due
}

/** Any thread: the `due` that the owner said last. */
export const stepsDue = (block: ThreadBlock): number => block.f64[Time.stepsDue]!

/** Owner, each 100 µs: compiled code has run for a while. Wakes a watcher that sleeps, once. */
export const callWatcher = (block: ThreadBlock): void => {
  if (block.i32[Cell.watched] !== Watched.asleep) return
  Atomics.store(block.i32, Cell.watched, Watched.awake)
  wake(block)
}

/** Watcher: from now on it wants to be called. */
export const wantCall = (block: ThreadBlock): void => {
  Atomics.store(block.i32, Cell.watched, Watched.asleep)
}

/** Owner: there is no watcher any more. */
export const unwatch = (block: ThreadBlock): void => {
  Atomics.store(block.i32, Cell.watched, Watched.nobody)
  Atomics.store(block.i32, Cell.seesRest, 0)
}

/**
 * Watcher: whether it sees holds of a loop whose heart rests.
 *
 * @category looks
 * @since 0.1.0
 */
export const setSeesRest = (block: ThreadBlock, sees: boolean): void => {
  Atomics.store(block.i32, Cell.seesRest, sees ? 1 : 0)
}

/** Owner: whether its watcher sees holds of a loop whose heart rests. */
export const seesRest = (block: ThreadBlock): boolean => block.i32[Cell.seesRest] === 1

/**
 * Watcher: the loop has been held since `since`, so `heartbeat` is overdue; `undefined`: it suspects nothing. All who read the beacon see
 * it, until the next heartbeat.
 *
 * @category looks
 * @since 0.1.0
 */
export const suspect = (
  { f64 }: ThreadBlock,
  suspicion: { readonly heartbeat: number; readonly since: number } | undefined
): void => {
  f64[Time.suspected] = 0
  if (suspicion === undefined) return
  f64[Time.suspectedSince] = suspicion.since
  f64[Time.suspected] = suspicion.heartbeat
}

/** Watcher: the compiled code that the owner runs is to read the clock at its next yield point. */
export const cutBudget = (block: ThreadBlock): void => {
  Atomics.store(block.i32, Cell.budget, cut)
}

// --- the test of that: the owner cuts a budget, the watcher's thread sees it by plain loads, or does not ---------------

/** Watcher: the budget to be watched. */
export const testBudgetOf = (block: ThreadBlock): Int32Array => new Int32Array(block.buffer, Cell.test * 4, 1)

/** Owner: a test begins (`false`), or its budget is cut short (`true`). */
export const setTest = (block: ThreadBlock, isCutShort: boolean): void => {
  Atomics.store(block.i32, Cell.test, isCutShort ? cut : 0)
}

/** Any thread: whether the test's budget was cut short. */
export const isTestCut = (block: ThreadBlock): boolean => isCut(Atomics.load(block.i32, Cell.test))
