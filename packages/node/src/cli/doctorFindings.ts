/**
 * What the doctor makes of the stalls that processes left behind: the same trouble once, with how often and how long, and
 * whether the program is to blame.
 *
 * **What does not count against the budget**, and is listed all the same: what was allowed (`Supervision.allowBlocking`); what
 * began within the grace or was the loading of modules, as a program may take its time to start; and what is nobody's doing, that is, collecting garbage,
 * a machine that had no core to give, a stopped process.
 */
import type { Line, Stall } from "../watch/journal.ts"

export type Verdict = "fault" | "allowed" | "startup" | "environment"

/** The same trouble, however often it came. */
export interface Finding {
  readonly verdict: Verdict
  readonly fingerprint: string
  readonly count: number
  readonly totalMs: number
  /** the longest of them: the words, the place and the stack are its own */
  readonly worst: Stall
}

/** What lints said of a process when it ended: the same of other fibers once. */
export interface Lint {
  readonly lint: string
  readonly count: number
  /** of the first */
  readonly message: string
  readonly fix: string
}

export interface Findings {
  readonly processes: number
  /** why a process could not be watched */
  readonly unwatched: ReadonlyArray<string>
  /** faults first, and what cost most first */
  readonly findings: ReadonlyArray<Finding>
  /** never part of the budget */
  readonly lints: ReadonlyArray<Lint>
}

const order: ReadonlyArray<Verdict> = ["fault", "allowed", "startup", "environment"]

const nobodys = new Set(["gc", "os-starved", "suspended"])

const verdictOf = (stall: Stall, began: number, { budgetMs, graceMs }: Limits): Verdict | undefined => {
  if (stall.durationMs < budgetMs) return undefined
  if (stall.allowed !== undefined) return "allowed"
  if (nobodys.has(stall.cause) || stall.durationMs - stall.unobservedMs < budgetMs) return "environment"
  // no fiber, and the watching thread did not get to look either: the machine stood still for both
  if (stall.cause === "loop" && stall.stack === undefined) return "environment"
  return stall.startedAt < began + graceMs || loadsModules(stall) ? "startup" : "fault"
}

/** Node's module loader at work, and no line of the program in it. */
const loadsModules = ({ place, stack }: Stall): boolean =>
  place === undefined && stack !== undefined && stack.includes("(node:internal/modules/")

export interface Limits {
  readonly budgetMs: number
  readonly graceMs: number
}

const overlap = (a: Stall, b: Stall): boolean =>
  a.startedAt < b.startedAt + b.durationMs && b.startedAt < a.startedAt + a.durationMs

/** A report counts if the process ended before the stall that it tells of did, as far as anybody noticed. */
const stallsOf = (lines: ReadonlyArray<Line>): ReadonlyArray<Stall> => {
  const over = lines.flatMap((line) => (line._tag === "Stalled" ? [line.stall] : []))
  const lasting = new Map(lines.flatMap((line) => (line._tag === "Stalls" ? [[line.key, line.stall] as const] : [])))
  return [...over, ...Array.from(lasting.values()).filter((stall) => !over.some((one) => overlap(one, stall)))]
}

/** What one repairs in one go: the same function under the same name, even if a crowded machine made it look different once. */
const troubleOf = ({ fingerprint, name, place }: Stall): string =>
  place === undefined ? fingerprint : `${name ?? ""}|${place.file}:${place.function ?? place.line}`

const plus = (a: Finding, b: Finding): Finding => ({
  ...a,
  count: a.count + b.count,
  totalMs: a.totalMs + b.totalMs,
  worst: b.worst.durationMs > a.worst.durationMs && b.worst.place !== undefined ? b.worst : a.worst
})

/** A stall that was too short for a look at its stack is one more of what else happened under its name. */
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

/** Fibers of one name differ in their numbers and times. */
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

/** What all processes left behind, each its own lines. */
export const find = (processes: ReadonlyArray<ReadonlyArray<Line>>, limits: Limits): Findings => {
  const found = new Map<string, Finding>()
  for (const lines of processes) {
    const began = lines.find((line) => line._tag === "Began")?.at ?? 0
    for (const stall of stallsOf(lines)) {
      const verdict = verdictOf(stall, began, limits)
      if (verdict === undefined) continue
      const key = `${verdict}|${troubleOf(stall)}`
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

/** Those that break the budget. */
export const faults = ({ findings }: Findings): ReadonlyArray<Finding> =>
  findings.filter(({ verdict }) => verdict === "fault")
