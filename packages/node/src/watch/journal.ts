/**
 * The journal of a process that `giveway doctor` runs: a file of its own with one JSON object a line, written by the main
 * thread and by the thread that watches it. Each line is appended synchronously, since the process may end at any moment.
 *
 * **Invariant.** A journal ends: a program that is held for hours does not fill the disk. The records that found no room are counted,
 * and the report says so.
 */
import { appendFileSync } from "node:fs"
import { threadId } from "node:worker_threads"
import type * as Starvation from "@giveway/core/Starvation"
import * as Sysmon from "@giveway/core/Sysmon"
import * as mappedStack from "./mappedStack.ts"

/** One stall, by whichever thread it was seen. Times in ms; `startedAt` since the epoch. */
export interface Stall {
  readonly startedAt: number
  readonly durationMs: number
  /** of that, how long the thread had no core */
  readonly unobservedMs: number
  readonly cause: string
  /** `undefined` if it was no fiber */
  readonly fiberId: number | undefined
  readonly name: string | undefined
  readonly place: { readonly file: string; readonly line: number; readonly function: string | undefined } | undefined
  /** whether the place is only near */
  readonly late: boolean
  readonly stack: string | undefined
  /** in one sentence */
  readonly text: string
  readonly fix: string
  readonly fingerprint: string
  /** the reason, if it was allowed */
  readonly allowed: string | undefined
}

/** A finding of a lint. */
export interface Finding {
  readonly lint: string
  readonly message: string
  readonly fix: string
}

export type Line =
  | {
      readonly _tag: "Began"
      readonly pid: number
      readonly at: number
      readonly command: string
      readonly surroundings: Sysmon.Surroundings
    }
  /** the process could not be watched, and why */
  | { readonly _tag: "Unwatched"; readonly why: string }
  /** a stall that is over, in full */
  | { readonly _tag: "Stalled"; readonly stall: Stall }
  /** the findings about its fibers when it ended */
  | { readonly _tag: "Linted"; readonly findings: ReadonlyArray<Finding> }
  /** so many records or more of a thread found no room; its last line counts */
  | { readonly _tag: "Cut"; readonly thread: number; readonly count: number }
  /** a stall that lasts; the last line of a key counts, unless a `Stalled` followed */
  | { readonly _tag: "Stalls"; readonly key: string; readonly stall: Stall }
  /** where that stall was, in the lines of the sources; the process may be killed before its `Stalled` is made */
  | { readonly _tag: "Placed"; readonly key: string; readonly place: Stall["place"]; readonly stack: string }

/** The journal for watchers that start now; set by `entry/doctor.ts` while it starts its own. */
export const current: { file: string | undefined } = { file: undefined }

/** Appends a line. A disk that is full costs the line, not the program that is watched. */
export const append = (file: string, line: string): void => {
  try {
    appendFileSync(file, line)
  } catch {
    // the report of `giveway doctor` lacks it
  }
}

/**
 * Bytes of stalls that a thread writes. A stall has 1 to 5 kB, so that these are some thousands, each of them past the budget: more
 * would tell nothing new. A guess.
 */
const mostBytes = 16_000_000

/** Findings of lints in a journal. A guess: the report groups them, and no program has so many kinds. */
const mostFindings = 10_000

const cutLine = (count: number): string => line({ _tag: "Cut", thread: threadId, count })

/**
 * The records of one thread in its journal. The count of those that found no room is written at 1, 2, 4, 8 …, since the process may
 * end at any moment: it is at least half of the true one.
 */
export const makeWriter = (most = mostBytes): ((file: string, record: string) => void) => {
  let left = most
  let cut = 0
  return (file, record) => {
    left -= Buffer.byteLength(record)
    if (left >= 0) return append(file, record)
    // nothing after the first gap: the journal is a beginning, not a selection by length
    left = 0
    cut++
    if (Number.isInteger(Math.log2(cut))) append(file, cutLine(cut))
  }
}

/** Writes the stall records of this thread. */
export const appendStall = makeWriter()

/**
 * The lines of a journal. One that was cut off, by the end of the process or a full disk, is left out, and so is one that is no
 * line of this version.
 */
export const linesOf = (text: string): ReadonlyArray<Line> =>
  text.split("\n").flatMap((line) => {
    try {
      const read: unknown = JSON.parse(line)
      return isLine(read) ? [read] : []
    } catch {
      return []
    }
  })

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

const isText = (value: unknown): boolean => typeof value === "string"

const isTextOrNone = (value: unknown): boolean => value === undefined || isText(value)

const isPlace = (place: unknown): boolean =>
  place === undefined ||
  (isObject(place) && isText(place["file"]) && Number.isFinite(place["line"]) && isTextOrNone(place["function"]))

const isStall = (stall: unknown): boolean =>
  isObject(stall) &&
  ["startedAt", "durationMs", "unobservedMs"].every((name) => Number.isFinite(stall[name])) &&
  ["cause", "text", "fix", "fingerprint"].every((name) => isText(stall[name])) &&
  ["name", "stack", "allowed"].every((name) => isTextOrNone(stall[name])) &&
  isPlace(stall["place"])

const isFinding = (finding: unknown): boolean =>
  isObject(finding) && isText(finding["lint"]) && isText(finding["message"]) && isText(finding["fix"])

const isSurroundings = (given: unknown): boolean =>
  isObject(given) && isText(given["cwd"]) && Array.isArray(given["own"]) && given["own"].every(isText)

const isLine = (line: unknown): line is Line => {
  if (!isObject(line)) return false
  switch (line["_tag"]) {
    case "Began":
      return (
        Number.isFinite(line["pid"]) &&
        Number.isFinite(line["at"]) &&
        isText(line["command"]) &&
        isSurroundings(line["surroundings"])
      )
    case "Unwatched":
      return isText(line["why"])
    case "Stalled":
      return isStall(line["stall"])
    case "Cut":
      return Number.isSafeInteger(line["thread"]) && Number.isSafeInteger(line["count"])
    case "Stalls":
      return isText(line["key"]) && isStall(line["stall"])
    case "Placed":
      return isText(line["key"]) && isPlace(line["place"]) && isText(line["stack"])
    case "Linted":
      return Array.isArray(line["findings"]) && line["findings"].every(isFinding)
    default:
      return false
  }
}

export const line = (line: Line): string => `${JSON.stringify(line)}\n`

export const stalled = (starvation: Starvation.Starvation): string => {
  const { allowed, cause, durationMs, fingerprint, fix, hog, startedAt, unobservedMs } = starvation
  const { fiberId, late, name } = hog
  const stack = hog.stack && mappedStack.mapped(hog.stack)
  const place = hog.place && mappedStack.mappedPlace(hog.place)
  const text = String(starvation)
  return line({
    _tag: "Stalled",
    stall: {
      startedAt,
      durationMs,
      unobservedMs,
      cause,
      fiberId,
      name,
      place,
      late,
      stack,
      text,
      fix,
      fingerprint,
      allowed
    }
  })
}

/**
 * A sample of the watcher, as the thread itself can map it. It comes to the thread in the first turn of its loop after the stall, and the
 * record some 20 ms later: Vitest and others kill a process before that.
 */
export const placed = (key: string, { place, stack }: Sysmon.Sample): string =>
  line({
    _tag: "Placed",
    key,
    place: place && mappedStack.mappedPlace(place),
    stack: mappedStack.mapped(stack)
  })

/** Long batches are left out: they are stalls, and stand in the journal as stalls. */
const alsoStalls = "long-batch"

export const linted = (findings: ReadonlyArray<Finding>): string => {
  const counted = findings.filter(({ lint }) => lint !== alsoStalls)
  const kept = counted.slice(0, mostFindings).map(({ fix, lint, message }) => ({ lint, message, fix }))
  const cut = counted.length - kept.length
  return line({ _tag: "Linted", findings: kept }) + (cut === 0 ? "" : cutLine(cut))
}

export const reported = (report: Sysmon.Report, now: number): string => {
  const { ageMs, cause, fiberId, key, name, sample } = report
  const { allowed } = report as { readonly allowed?: string | undefined }
  return line({
    _tag: "Stalls",
    key,
    stall: {
      startedAt: now - ageMs,
      durationMs: ageMs,
      unobservedMs: 0,
      cause,
      fiberId,
      name,
      place: sample?.place,
      late: sample?.late ?? true,
      stack: sample?.stack,
      text: Sysmon.line(report),
      fix: Sysmon.fix(report),
      fingerprint: Sysmon.fingerprint(report),
      allowed
    }
  })
}
