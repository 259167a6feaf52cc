/**
 * Turns the stalls in the journals into findings: stalls of one fault are one finding, with their number, their time, and the
 * verdict whether the program is to blame.
 *
 * **Listed, but not counted against the budget**: stalls that were allowed (`Supervision.allowBlocking`, jobs of
 * `TestCompute`); stalls in which modules were loaded; stalls of a dependency that no code of the program called; and stalls
 * that the program did not cause: collecting garbage, a machine without a free core, a stopped process, a breakpoint, Giveway's own
 * work.
 *
 * **Invariant.** Figures add up: each stall past the budget is in one finding, and times are whole milliseconds before they are
 * added.
 *
 * Decision 0103: the stack says what belongs to a start, not the clock.
 */
import { resolve } from "node:path"
import * as Sysmon from "@giveway/core/Sysmon"
import type { Line, Stall } from "../../watch/journal.ts"
import { lineEnd, relativeTo, withFrames } from "../../watch/mappedStack.ts"
import type { Owned } from "./stack.ts"
import { ownerOf } from "./stack.ts"

export type Verdict = "fault" | "allowed" | "dependency" | "startup" | "environment"

/** All stalls of one fault. */
export interface Finding {
  readonly verdict: Verdict
  readonly fingerprint: string
  readonly count: number
  readonly totalMs: number
  /** the longest of them; its place and stack are those of the longest that has a place */
  readonly worst: Stall
}

/** A finding of the lints at a process's end. Findings that differ in their fibers only are one. */
interface Lint {
  readonly lint: string
  readonly count: number
  /** the message of the first */
  readonly message: string
  readonly fix: string
}

/** How many stalls, and for how long in all. */
interface Sum {
  readonly count: number
  readonly totalMs: number
}

export interface Findings {
  readonly processes: number
  /** of all findings */
  readonly total: Sum
  /** the parts of `total` */
  readonly totals: Readonly<Record<Verdict, Sum>>
  /** for each process that could not be watched, the reason */
  readonly unwatched: ReadonlyArray<string>
  /** records, at least, that found no room in the journals: they are in no finding */
  readonly cut: number
  /** faults first, and within a verdict the most time first */
  readonly findings: ReadonlyArray<Finding>
  /** they do not count against the budget */
  readonly lints: ReadonlyArray<Lint>
}

export const verdicts = [
  "fault",
  "allowed",
  "dependency",
  "startup",
  "environment"
] as const satisfies ReadonlyArray<Verdict>

/** Causes that blame no code of the program. */
const nobodys = new Set(["gc", "os-starved", "suspended", "debugger"])

/**
 * A native call outside of fibers whose stack shows nobody's code cannot be told from the start of a tool. For this one kind
 * the clock decides, ms. A guess: Vitest and Vite have started by then.
 */
const unseenStartMs = 1000

interface Limits {
  readonly budgetMs: number
  /** what begins within so much time of a process's start is not counted */
  readonly graceMs: number
  /** whether a dependency's own stalls count */
  readonly dependencies: boolean
}

/** What is known of a process from the first line of its journal. */
interface Began {
  readonly at: number
  readonly surroundings: Sysmon.Surroundings
}

const nobody: Owned = { owner: "nobody", frame: undefined }

/** Who held the loop, from the stack with the lines of the sources. */
const ownedOf = ({ late, place, stack }: Stall, { surroundings }: Began): Owned => {
  const owned = stack === undefined ? nobody : ownerOf(stack, surroundings)
  // the place of another sample: this one shows Effect, or the time after the stall
  const isElsewhere = place !== undefined && !/(^|[\\/])node_modules[\\/]/.test(place.file)
  return owned.owner === "nobody" || (late && owned.owner === "dependency") ? (isElsewhere ? program : owned) : owned
}

const program: Owned = { owner: "program", frame: undefined }

const verdictOf = (stall: Stall, { owner }: Owned, began: Began, limits: Limits): Verdict => {
  const { budgetMs, dependencies, graceMs } = limits
  const { allowed, cause, durationMs, fiberId, late, name, stack, startedAt, unobservedMs } = stall
  if (allowed !== undefined) return "allowed"
  if (nobodys.has(cause) || Sysmon.isOwn(name) || durationMs - unobservedMs < budgetMs) return "environment"
  if (startedAt < began.at + graceMs) return "startup"
  if (owner === "loading") return "startup"
  if (owner === "program") return "fault"
  if (owner === "dependency") return dependencies ? "fault" : "dependency"
  // no fiber ran, and the watching thread could not look either: the machine gave neither a core
  if (cause === "loop" && stack === undefined) return "environment"
  if (fiberId !== undefined || name !== undefined || cause === "convoy") return "fault"
  // the thread was looked at, and ran Node's own code
  if (stack !== undefined && !late) return "environment"
  return startedAt < began.at + unseenStartMs ? "startup" : "fault"
}

/** The stall with the lines of the sources. */
const located = (stall: Stall, { surroundings }: Began, original: (frame: Sysmon.Frame) => Sysmon.Frame): Stall => {
  const { cwd } = surroundings
  const stack = stall.stack && withFrames(stall.stack, original)
  const place =
    stall.place && original({ ...stall.place, file: resolve(cwd, stall.place.file), column: lineEnd, isAsync: false })
  return {
    ...stall,
    stack,
    place: place && { file: relativeTo(cwd, place.file), line: place.line, function: place.function }
  }
}

/** The stall at the place that belongs to its owner. */
const placedAt = (stall: Stall, { frame }: Owned, { surroundings: { cwd } }: Began): Stall => {
  const { cause, fiberId, late, name, place } = stall
  if (nobodys.has(cause) || frame === undefined) return stall
  const own: Sysmon.Position = { file: relativeTo(cwd, frame.file), line: frame.line, function: frame.function }
  if (place !== undefined && place.file === own.file && place.line === own.line) return stall
  const sample = { place: own, late, returning: false, whole: undefined }
  const fingerprint = Sysmon.fingerprint({
    cause: cause as Sysmon.Cause,
    ageMs: 0,
    fiberId,
    name,
    provided: undefined,
    sample
  })
  return { ...stall, place: own, fingerprint }
}

const overlap = (a: Stall, b: Stall): boolean =>
  a.startedAt < b.startedAt + b.durationMs && b.startedAt < a.startedAt + a.durationMs

/** The stalls that are over, and those that were reported and whose end nobody saw: the process ended in them. */
const stallsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Stall> => {
  const over = lines.flatMap((line) => (line._tag === "Stalled" ? [line.stall] : []))
  const lasting = new Map(lines.flatMap((line) => (line._tag === "Stalls" ? [[line.key, line.stall] as const] : [])))
  for (const line of lines) {
    if (line._tag !== "Placed") continue
    const stall = lasting.get(line.key)
    if (stall !== undefined) lasting.set(line.key, { ...stall, stack: line.stack, place: line.place ?? stall.place })
  }
  return [...over, ...Array.from(lasting.values()).filter((stall) => !over.some((one) => overlap(one, stall)))]
}

/** The same for stalls of one fault: those of one function under one name, even if a crowded machine gave one another cause. */
const faultOf = ({ fingerprint, name, place }: Stall): string =>
  place === undefined ? fingerprint : `${name ?? ""}|${place.file}:${place.function ?? place.line}`

const plus = (a: Finding, b: Finding): Finding => ({
  ...a,
  count: a.count + b.count,
  totalMs: a.totalMs + b.totalMs,
  worst: worseOf(a.worst, b.worst)
})

const worseOf = (a: Stall, b: Stall): Stall => {
  const [shorter, longer] = b.durationMs > a.durationMs ? [a, b] : [b, a]
  return longer.place === undefined && shorter.place !== undefined
    ? { ...shorter, durationMs: longer.durationMs }
    : longer
}

/** Findings without a place, because the stall was too short for a sample, are added to the one of the same name and verdict. */
const placed = (findings: ReadonlyArray<Finding>): ReadonlyArray<Finding> => {
  const merged = findings.filter(({ worst }) => worst.place !== undefined)
  for (const finding of findings) {
    const { verdict, worst } = finding
    if (worst.place !== undefined) continue
    const index =
      worst.name === undefined
        ? -1
        : merged.findIndex((one) => one.verdict === verdict && one.worst.name === worst.name)
    if (index === -1) merged.push(finding)
    else merged[index] = plus(merged[index]!, finding)
  }
  return merged
}

/** A message without its numbers: those of fibers, and times. */
const alike = (text: string): string => text.replaceAll(/#?\d[\d.,]*/g, "")

const lintsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Lint> => {
  const found = new Map<string, Lint>()
  for (const line of lines) {
    for (const { fix, lint, message } of line._tag === "Linted" ? line.findings : []) {
      const key = `${lint}|${alike(message)}`
      const known = found.get(key)
      found.set(key, known === undefined ? { lint, count: 1, message, fix } : { ...known, count: known.count + 1 })
    }
  }
  return Array.from(found.values())
}

const sumOf = (findings: ReadonlyArray<Finding>): Sum => ({
  count: findings.reduce((sum, { count }) => sum + count, 0),
  totalMs: findings.reduce((sum, { totalMs }) => sum + totalMs, 0)
})

/** The last word of each thread counts. */
const cutIn = (lines: ReadonlyArray<Line>): number => {
  const cuts = new Map(lines.flatMap((line) => (line._tag === "Cut" ? [[line.thread, line.count] as const] : [])))
  return Array.from(cuts.values()).reduce((sum, count) => sum + count, 0)
}

const unknown: Began = { at: 0, surroundings: { cwd: process.cwd(), own: [] } }

/**
 * The findings of all processes. `processes`: the lines of each one's journal. `original`: the frame in the user's source that
 * a frame stands for.
 */
export const find = (
  processes: ReadonlyArray<ReadonlyArray<Line>>,
  limits: Limits,
  original: (frame: Sysmon.Frame) => Sysmon.Frame = (frame) => frame
): Findings => {
  const found = new Map<string, Finding>()
  for (const lines of processes) {
    const began = lines.find((line) => line._tag === "Began") ?? unknown
    for (const seen of stallsOf(lines)) {
      if (seen.durationMs < limits.budgetMs) continue
      const stall = located(seen, began, original)
      const owned = ownedOf(stall, began)
      const verdict = verdictOf(stall, owned, began, limits)
      const worst = { ...placedAt(stall, owned, began), durationMs: Math.round(stall.durationMs) }
      const key = `${verdict}|${faultOf(worst)}`
      const known = found.get(key)
      const { durationMs: totalMs, fingerprint } = worst
      const one: Finding = { verdict, fingerprint, count: 1, totalMs, worst }
      found.set(key, known === undefined ? one : plus(known, one))
    }
  }
  const findings = placed(Array.from(found.values())).toSorted(
    (a, b) => verdicts.indexOf(a.verdict) - verdicts.indexOf(b.verdict) || b.totalMs - a.totalMs
  )
  const totals = Object.fromEntries(
    verdicts.map((verdict) => [verdict, sumOf(findings.filter((finding) => finding.verdict === verdict))])
  ) as Record<Verdict, Sum>
  return {
    processes: processes.length,
    unwatched: processes.flatMap((lines) => lines.flatMap((line) => (line._tag === "Unwatched" ? [line.why] : []))),
    cut: processes.reduce((sum, lines) => sum + cutIn(lines), 0),
    lints: lintsOf(processes.flat()),
    total: sumOf(findings),
    totals,
    findings
  }
}

/** The findings that break the budget. */
export const faults = ({ findings }: Findings): ReadonlyArray<Finding> =>
  findings.filter(({ verdict }) => verdict === "fault")
