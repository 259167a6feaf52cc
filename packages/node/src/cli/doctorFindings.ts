/**
 * Turns the stalls in the journals into findings: stalls of one fault are one finding, with their number, their time, and the
 * verdict whether the program is to blame.
 *
 * **Listed, but not counted against the budget**: stalls that were allowed (`Supervision.allowBlocking`); stalls that began
 * within the grace, or in which modules were loaded, since a program may take its time to start; and stalls that the program
 * did not cause: collecting garbage, a machine without a free core, a stopped process.
 */
import type { Line, Stall } from "../watch/journal.ts"

export type Verdict = "fault" | "allowed" | "startup" | "environment"

/** All stalls of one fault. */
export interface Finding {
  readonly verdict: Verdict
  readonly fingerprint: string
  readonly count: number
  readonly totalMs: number
  /** the longest of them, whose text, place and stack are shown */
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

export interface Findings {
  readonly processes: number
  /** for each process that could not be watched, the reason */
  readonly unwatched: ReadonlyArray<string>
  /** faults first, and within a verdict the most time first */
  readonly findings: ReadonlyArray<Finding>
  /** they do not count against the budget */
  readonly lints: ReadonlyArray<Lint>
}

const order: ReadonlyArray<Verdict> = ["fault", "allowed", "startup", "environment"]

/** Causes that blame no code of the program. */
const nobodys = new Set(["gc", "os-starved", "suspended"])

const verdictOf = (stall: Stall, began: number, { budgetMs, graceMs }: Limits): Verdict | undefined => {
  if (stall.durationMs < budgetMs) return undefined
  if (stall.allowed !== undefined) return "allowed"
  if (nobodys.has(stall.cause) || stall.durationMs - stall.unobservedMs < budgetMs) return "environment"
  // no fiber ran, and the watching thread could not look either: the machine gave neither a core
  if (stall.cause === "loop" && stall.stack === undefined) return "environment"
  return stall.startedAt < began + graceMs || loadsModules(stall) ? "startup" : "fault"
}

/** Whether Node's module loader ran, and no line of the program in it. */
const loadsModules = ({ place, stack }: Stall): boolean =>
  place === undefined && stack !== undefined && stack.includes("(node:internal/modules/")

interface Limits {
  readonly budgetMs: number
  readonly graceMs: number
}

const overlap = (a: Stall, b: Stall): boolean =>
  a.startedAt < b.startedAt + b.durationMs && b.startedAt < a.startedAt + a.durationMs

/** The stalls that are over, and those that were reported and whose end nobody saw: the process ended in them. */
const stallsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Stall> => {
  const over = lines.flatMap((line) => (line._tag === "Stalled" ? [line.stall] : []))
  const lasting = new Map(lines.flatMap((line) => (line._tag === "Stalls" ? [[line.key, line.stall] as const] : [])))
  return [...over, ...Array.from(lasting.values()).filter((stall) => !over.some((one) => overlap(one, stall)))]
}

/** The same for stalls of one fault: those of one function under one name, even if a crowded machine gave one another cause. */
const faultOf = ({ fingerprint, name, place }: Stall): string =>
  place === undefined ? fingerprint : `${name ?? ""}|${place.file}:${place.function ?? place.line}`

const plus = (a: Finding, b: Finding): Finding => ({
  ...a,
  count: a.count + b.count,
  totalMs: a.totalMs + b.totalMs,
  worst: b.worst.durationMs > a.worst.durationMs && b.worst.place !== undefined ? b.worst : a.worst
})

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

/** The findings of all processes. `processes`: the lines of each one's journal. */
export const find = (processes: ReadonlyArray<ReadonlyArray<Line>>, limits: Limits): Findings => {
  const found = new Map<string, Finding>()
  for (const lines of processes) {
    const began = lines.find((line) => line._tag === "Began")?.at ?? 0
    for (const stall of stallsOf(lines)) {
      const verdict = verdictOf(stall, began, limits)
      if (verdict === undefined) continue
      const key = `${verdict}|${faultOf(stall)}`
      const known = found.get(key)
      const one: Finding = {
        verdict,
        fingerprint: stall.fingerprint,
        count: 1,
        totalMs: stall.durationMs,
        worst: stall
      }
      found.set(key, known === undefined ? one : plus(known, one))
    }
  }
  return {
    processes: processes.length,
    unwatched: processes.flatMap((lines) => lines.flatMap((line) => (line._tag === "Unwatched" ? [line.why] : []))),
    lints: lintsOf(processes.flat()),
    findings: placed(Array.from(found.values())).toSorted(
      (a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || b.totalMs - a.totalMs
    )
  }
}

/** The findings that break the budget. */
export const faults = ({ findings }: Findings): ReadonlyArray<Finding> =>
  findings.filter(({ verdict }) => verdict === "fault")
