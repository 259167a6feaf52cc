/**
 * The victims of a stall: fibers that were ready when it ended, and fibers whose timers were overdue. They are read from
 * the columns of the fiber table, 1 ns a fiber, and only after a stall.
 *
 * Decision 0037.
 */
import type { VictimsSeen } from "../stalls/stallMachine.ts"
import * as ownFibers from "../fibers/ownFibers.ts"
import * as deadlines from "../hook/deadlines.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import type { AnyFiber } from "../hook/innards.ts"
import { nameOf } from "../hook/labels.ts"

/** How many are named. A guess: more would not be read. */
const most = 16

/** Of so many overdue timers it is told whether they are deadlines: each costs a microsecond. */
const mostExamined = 1000

interface Waiting {
  readonly row: number
  readonly waitedFor: "slice" | "timer"
  readonly waitedMs: number
}

const { running, table } = fiberHook.thread

/** Learns to tell deadlines from other timers. To be called while the hook is installed, and before the first stall. */
export const prepare = (): void => void isDeadline()

const isDeadline = (): ((fiber: AnyFiber) => boolean) =>
  deadlines.recognise((parentId) => {
    let sleeper: AnyFiber | undefined
    table.forEachOverdue(Infinity, (row) => {
      if (table.parentOf(row) === parentId) sleeper = table.fiberOf(row)
    })
    return sleeper
  })

/**
 * The victims at `at`. `queued` comes from the scheduler: how many fibers are ready, and how long the oldest has waited;
 * `undefined` if the scheduler does not tell.
 */
export const seenAt = (
  at: number,
  queued: { readonly ready: number; readonly longestWaitMs: number } | undefined
): VictimsSeen => {
  const waiting: Array<Waiting> = []
  const overdue: Array<Waiting> = []
  table.forEachReady((row, since) => waiting.push({ row, waitedFor: "slice", waitedMs: at - since }))
  table.forEachOverdue(at, (row, due) => overdue.push({ row, waitedFor: "timer", waitedMs: at - due }))
  const longest = (list: ReadonlyArray<Waiting>): number =>
    list.reduce((most, { waitedMs }) => Math.max(most, waitedMs), 0)
  const isRunning = (fiber: AnyFiber): boolean => running.lastIndexOf(fiber, fiberHook.thread.depth - 1) !== -1
  const fibers = [...waiting, ...overdue]
    .sort((a, b) => b.waitedMs - a.waitedMs)
    .slice(0, 2 * most)
    .flatMap(({ row, waitedFor, waitedMs }) => {
      const fiber = table.fiberOf(row)
      // the fiber that holds the loop may have given way before
      if (fiber === undefined || isRunning(fiber) || ownFibers.isOwn(fiber)) return []
      return [{ fiberId: fiber.id, name: nameOf(fiber), waitedFor, waitedMs }]
    })
    .slice(0, most)
  const recognised = isDeadline()
  const deadlineCount = overdue.slice(0, mostExamined).filter(({ row }) => {
    const fiber = table.fiberOf(row)
    return fiber !== undefined && recognised(fiber)
  }).length
  return {
    ready: queued?.ready ?? waiting.length,
    longestWaitMs: Math.max(queued?.longestWaitMs ?? 0, longest(waiting)),
    overdueTimers: overdue.length,
    longestLateMs: longest(overdue),
    deadlines: deadlineCount,
    fibers
  }
}
