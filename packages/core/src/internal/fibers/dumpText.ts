/**
 * A dump as text: a tree with one fiber a line, each job under the fiber that awaits it, and the deadlocks.
 *
 * The tree is walked with a work list, since a chain of fibers may be deeper than the stack. It has a limited length: text that is too
 * long for V8 would end the program that is looked at.
 */
import { line as safe } from "../safeText/safeText.ts"
import { duration, whyWhole } from "../stalls/stallText.ts"
import type { Awaited, AwaitedJob, FiberInfo, LeftOut } from "./fiberInfo.ts"
import * as waitsFor from "./waitsFor.ts"

interface Dump {
  readonly takenAt: number
  readonly fibers: ReadonlyArray<FiberInfo>
  readonly left?: LeftOut | undefined
}

/** Letters of the tree. V8 has strings of up to 2^29 letters, and nobody reads as many. */
const mostLetters = 100_000_000

/** Deadlocks and findings that have a line each. A guess. */
const mostLines = 100

/** Deeper levels are no longer indented, but numbered: a chain of 20,000 fibers would make lines of 60 kB. */
const deepestIndent = 40

/** Below this a job that holds its worker's loop is not remarked upon, ms: holding it is the purpose of workers. A guess. */
export const longHoldMs = 50

const nameOf = (fiber: FiberInfo): string =>
  fiber.name === undefined ? `#${fiber.id}` : `${safe(fiber.name)} #${fiber.id}`

const awaitedNames = {
  timer: "a timer",
  deferred: "a deferred",
  queue: "a queue",
  pubsub: "a pubsub",
  latch: "a latch",
  semaphore: "a semaphore",
  pool: "an item of a pool",
  fiber: "fibers of its own",
  job: "a job",
  promise: "a promise",
  callback: "a callback",
  never: "nothing: only an interruption ends it",
  unknown: "something that is not known"
} as const

const ids = (fibers: ReadonlyArray<number>): string => {
  const shown = fibers.slice(0, 3).map((id) => `#${id}`)
  return fibers.length > 3 ? `${shown.join(", ")} and ${fibers.length - 3} more` : shown.join(" and ")
}

const slicesText = (slices: number): string => (slices === 1 ? "1 slice" : `${slices} slices`)

/** When the dump was taken, and how many fibers waited for each semaphore then. */
interface Moment {
  readonly takenAt: number
  readonly waiting: ReadonlyMap<number, number>
}

const momentOf = ({ fibers, takenAt }: Dump): Moment => {
  const waiting = new Map<number, number>()
  for (const { awaits, state } of fibers) {
    if (state !== "waiting" || awaits?.semaphore === undefined) continue
    waiting.set(awaits.semaphore, (waiting.get(awaits.semaphore) ?? 0) + 1)
  }
  return { takenAt, waiting }
}

/** "a timer due in 250 ms", "the end of #5", "a semaphore @3 (2 of 2 permits taken, 5 wait) held by #4" */
const awaitedText = (awaits: Awaited, { takenAt, waiting }: Moment): string => {
  const { detail, dueAt, kind, semaphore, wakers = [] } = awaits
  if (dueAt !== undefined) {
    return `a timer ${dueAt < takenAt ? `overdue by ${duration(takenAt - dueAt)}` : `due in ${duration(dueAt - takenAt)}`}`
  }
  if (kind === "fiber" && wakers.length > 0) return `the end of ${ids(wakers)}`
  const number = semaphore === undefined ? "" : ` @${semaphore}`
  const together = semaphore === undefined ? 0 : (waiting.get(semaphore) ?? 0)
  const known = [...(detail === undefined ? [] : [safe(detail)]), ...(together > 1 ? [`${together} wait`] : [])]
  const about = known.length === 0 ? "" : ` (${known.join(", ")})`
  const held = wakers.length === 0 ? "" : ` held by ${ids(wakers)}`
  return `${awaitedNames[kind]}${number}${about}${held}`
}

const stateText = ({ awaits, since, state }: FiberInfo, moment: Moment): string => {
  const long = since === undefined ? "" : ` ${duration(Math.max(0, moment.takenAt - since))}`
  return `${state}${long}${state !== "waiting" || awaits === undefined ? "" : ` for ${awaitedText(awaits, moment)}`}`
}

const interruptionText = ({ interrupting, uninterruptible }: FiberInfo): string => {
  if (interrupting !== true) return uninterruptible === true ? ", uninterruptible here" : ""
  return uninterruptible === true ? ", interrupted, but uninterruptible here" : ", ending: interrupted"
}

const factsOf = (fiber: FiberInfo, moment: Moment): string => {
  const self = `, self ${duration(fiber.selfMs)} in ${slicesText(fiber.slices)}`
  const delay = fiber.runDelayMs >= 0.5 ? `, delayed ${duration(fiber.runDelayMs)}` : ""
  const age = `, age ${duration(moment.takenAt - fiber.startedAt)}`
  const note = fiber.note === undefined ? "" : `, ${safe(fiber.note)}`
  const whole =
    fiber.whole === undefined ? "" : `, once ${duration(fiber.whole.ms)} in one go: ${whyWhole(fiber.whole)}`
  return `${stateText(fiber, moment)}${interruptionText(fiber)}${self}${delay}${age}${note}${whole}`
}

const workText = ({ heldMs = 0, longestMs = 0, selfMs, slices = 0 }: AwaitedJob): string => {
  if (selfMs === undefined) return ""
  const longest = slices > 1 && longestMs > 0 ? `, ${duration(longestMs)} at most` : ""
  const held = heldMs < longHoldMs ? "" : `, its worker's loop has not turned for ${duration(heldMs)}`
  return `, self ${duration(selfMs)} in ${slicesText(slices)}${longest}${held}`
}

const jobText = (job: AwaitedJob, takenAt: number): string => {
  const { since, state, task, worker } = job
  const where = state === "queued" ? "queued" : worker === undefined ? "running" : `running on worker ${worker}`
  return `job ${safe(task)}  ${where} for ${duration(Math.max(0, takenAt - since))}${workText(job)}`
}

/** A fiber whose forker is not in the dump stands at the root. */
const forest = (fibers: ReadonlyArray<FiberInfo>) => {
  const live = new Set(fibers.map(({ id }) => id))
  const children = new Map<number, Array<FiberInfo>>()
  const roots: Array<FiberInfo> = []
  for (const fiber of Array.from(fibers).sort((a, b) => a.id - b.id)) {
    if (fiber.parentId === undefined || !live.has(fiber.parentId)) {
      roots.push(fiber)
      continue
    }
    const siblings = children.get(fiber.parentId)
    if (siblings === undefined) children.set(fiber.parentId, [fiber])
    else siblings.push(fiber)
  }
  return { roots, children, live }
}

/** "and 900000 more, which are left out: 899990 of `worker`, 10 without a name" */
const leftLines = (left: LeftOut | undefined): ReadonlyArray<string> => {
  if (left === undefined) return []
  const names = left.names.map(
    ({ fibers, name }) => `${fibers} ${name === undefined ? "without a name" : `of \`${safe(name)}\``}`
  )
  return [`and ${left.fibers} more, the newest, which are left out: ${names.join(", ")}`]
}

/** The lines of the tree, below a line that says how many fibers there are. Giveway's own are counted, and not shown. */
export const treeLines = (dump: Dump): Array<string> => {
  const shown = dump.fibers.filter(({ own }) => own !== true)
  const { children, live, roots } = forest(shown)
  const moment = momentOf(dump)
  const after = dump.left?.after ?? Infinity
  const isOrphan = ({ parentId }: FiberInfo): boolean =>
    parentId !== undefined && parentId <= after && !live.has(parentId)
  const hidden = dump.fibers.length - shown.length
  const others = hidden === 0 ? "" : `, and ${hidden} of Giveway's own`
  const lines = [`${shown.length === 1 ? "1 fiber" : `${shown.length} fibers`}${others}`, ...leftLines(dump.left)]
  let letters = 0
  let count = 0
  const todo: Array<{
    readonly fiber: FiberInfo
    readonly indent: string
    readonly depth: number
    readonly isLast: boolean
  }> = []
  const push = (fibers: ReadonlyArray<FiberInfo>, indent: string, depth: number) => {
    for (let index = fibers.length - 1; index >= 0; index--) {
      todo.push({ fiber: fibers[index]!, indent, depth, isLast: index === fibers.length - 1 })
    }
  }
  const walked = new Set<FiberInfo>()
  push(roots, "", 1)
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { depth, fiber, indent, isLast } = next
    // a dump from another process may name a fiber as its own parent
    if (walked.has(fiber)) continue
    walked.add(fiber)
    if (letters > mostLetters) {
      lines.push(`… and ${shown.length - count} more fibers: the text would be too long`)
      break
    }
    const orphan = isOrphan(fiber) ? `, outlived its parent #${fiber.parentId}` : ""
    const level = depth > deepestIndent ? `(${depth}) ` : ""
    const line = `${indent}${isLast ? "└─" : "├─"} ${level}${nameOf(fiber)}  ${factsOf(fiber, moment)}${orphan}`
    lines.push(line)
    letters += line.length
    count++
    const deeper = depth < deepestIndent ? `${indent}${isLast ? "   " : "│  "}` : indent
    const forked = children.get(fiber.id) ?? []
    const job = fiber.awaits?.job
    if (job !== undefined) lines.push(`${deeper}${forked.length === 0 ? "└─" : "├─"} ${jobText(job, dump.takenAt)}`)
    push(forked, deeper, depth + 1)
  }
  return lines
}

/** One line a cycle: "deadlock: left #4 waits for right #5, which waits for left #4". */
export const deadlockLines = (
  fibers: ReadonlyArray<FiberInfo>,
  cycles: ReadonlyArray<ReadonlyArray<number>>
): Array<string> => {
  const byId = new Map(fibers.map((fiber) => [fiber.id, fiber]))
  const line = (cycle: ReadonlyArray<number>): string =>
    `deadlock: ${waitsFor.sentence(cycle, (id) => nameOf(byId.get(id)!))}`
  return shortened(cycles, line, "deadlocks")
}

/** A line for each of the first, and one about the others. */
const shortened = <A>(all: ReadonlyArray<A>, toLine: (one: A) => string, noun: string): Array<string> => [
  ...all.slice(0, mostLines).map(toLine),
  ...(all.length <= mostLines ? [] : [`… and ${all.length - mostLines} more ${noun}`])
]

/** A line for each finding. */
export const findingLines = (findings: ReadonlyArray<{ readonly toString: () => string }>): Array<string> =>
  shortened(findings, String, "findings")
