/**
 * The observations that come from outside of the thread that stalls: from the watcher, the operating system, V8.
 *
 * The watcher looks into a stall while it lasts (`Sample`). It also knows when the thread was not run (`Gap`), and how the
 * operating system accounts for the thread's time (`Spent`). V8 tells of its collections, the process of its stops.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 */
import type { Cause } from "./causes.ts"
import type { Whole } from "./stallText.ts"
import type { Position } from "./stackFrames.ts"

/**
 * A thread that took longer to answer, in ms, was in native code. A guess between the 4 of a busy machine and 20 that people notice.
 *
 * @category reports
 * @since 0.1.0
 */
export const lateMs = 15

/** The key of a stall that is one slice. The thread and its watcher make the same one, from the beacon. */
export const sliceKey = (outerSeq: number): string => `slice:${outerSeq}`

/** The key of a stall that the heartbeat shows. */
export const beatKey = (heartbeat: number): string => `beat:${heartbeat}`

/** From when to when, in ms. */
export interface Span {
  readonly from: number
  readonly to: number
}

/**
 * One look into a stall. Times in ms.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Sample {
  readonly at: number
  /** how long the answer took: JavaScript answers at once, a native call only when it is over */
  readonly delayMs: number
  /** whether the answer came too late for JavaScript to have run meanwhile: the stack shows the code after the native call */
  readonly late: boolean
  /** whether that code is still the runtime's own function that the user's code had called, so that the place is right */
  readonly returning: boolean
  /** whether the stack shows a function that asks the `kernel`, or `code` that computes; `undefined` if it cannot be told */
  readonly shown: "kernel" | "code" | undefined
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly frames: ReadonlyArray<string>
  readonly place: Position | undefined
  /** whether a debugger is attached, and the thread answered at once */
  readonly debugged: boolean
  /** the `Pure.fn` function that held the loop because it has no yield points */
  readonly whole: Whole | undefined
  readonly stack: string
}

/**
 * A time in which the operating system did not run the thread, or not the watcher either.
 *
 * @category messages
 * @since 0.1.0
 */
export interface Gap extends Span {
  /** the thread waited for a `core`; or the watcher did not run either, and did not wait for a core: the process was `stopped` */
  readonly kind: "core" | "stopped"
}

/**
 * Where a thread's time went within a span, in ms.
 *
 * @category messages
 * @since 0.1.0
 */
export interface Spent {
  readonly ranMs: number
  readonly systemMs: number
  readonly noCoreMs: number
  /** asleep in a system call */
  readonly blockedMs: number
  /** awake, and not counted as computing yet: a wait for a core that goes on, unless the process was stopped */
  readonly openMs: number
}

/** The watcher's messages about stalls. */
export type Told =
  | { readonly _tag: "Sampled"; readonly key: string; readonly sample: Sample }
  /** a report was made; `logged` if people have read it, with this cause */
  | { readonly _tag: "Reported"; readonly key: string; readonly cause: Cause; readonly logged: boolean }
  | ({ readonly _tag: "Gap" } & Gap)
  /** the watcher has told everything of the stalls up to this release; of this one also how the time was spent */
  | { readonly _tag: "Settled"; readonly release: number; readonly spent: Spent | undefined }

/**
 * The platform's notices about the watched thread, given on that thread itself.
 *
 * @category messages
 * @since 0.1.0
 */
export type Notice =
  /** V8 has collected garbage, at these times of the shared clock, in ms */
  | { readonly _tag: "Collected"; readonly collections: ReadonlyArray<Span> }
  /** the process was stopped, and goes on since `at` */
  | { readonly _tag: "Continued"; readonly at: number }

/** How much of the time from `from` to `to` lies in these spans, in ms. They may overlap: one gap may be known in two ways. */
export const within = (spans: ReadonlyArray<Span>, from: number, to: number): number => {
  let sum = 0
  let counted = from
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(span.from, counted)
    const end = Math.min(span.to, to)
    if (end <= begin) continue
    sum += end - begin
    counted = end
  }
  return sum
}
