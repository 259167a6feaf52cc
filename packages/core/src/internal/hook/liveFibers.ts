/**
 * The live fibers of this thread, put together from the hook's table and stack when a dump is taken.
 */
import * as Fiber from "effect/Fiber"
import * as awaiting from "./awaiting.ts"
import * as fiberHook from "./fiberHook.ts"
import type { FiberInfo, LeftOut, LostFiber } from "../fibers/fiberInfo.ts"
import { longSliceMs } from "../fibers/longSlice.ts"
import * as fiberJobs from "../fibers/fiberJobs.ts"
import * as fiberNotes from "../fibers/fiberNotes.ts"
import * as ownFibers from "../fibers/ownFibers.ts"
import type { Features } from "./fiberProbe.ts"
import type { AnyFiber } from "./innards.ts"
import { isInterrupted, isObserved, isUninterruptible, suspensionText } from "./innards.ts"
import { nameOf } from "./labels.ts"
import * as runningSlices from "./runningSlices.ts"
import * as cut from "../safeText/cut.ts"
import * as semaphores from "./semaphores.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** How large a snapshot may become that goes to another thread or process. */
export interface Limit {
  readonly fibers: number
  /** of the snapshot as JSON, in letters: an estimate that is never too low */
  readonly letters: number
}

/** Live fibers at one moment. */
interface Snapshot {
  readonly fibers: ReadonlyArray<FiberInfo>
  /** the fibers that were left out because of the limit */
  readonly left?: LeftOut
}

/**
 * Every fiber that runs, or has suspended and not ended, in no order. A forked fiber is in it once it has begun. A fiber that
 * was there before the hook is in it once it has run since, or if it asks itself. The snapshot changes nothing, since the
 * watcher asks for it in the middle of any code (`internal/watched/answers.ts`).
 *
 * With a limit the oldest fibers are taken, and those on the stack. A fiber is older than all that it forks, so the parent of each
 * fiber is in the snapshot if it lives.
 */
export const snapshot = (features: Features, limit?: Limit): Snapshot => {
  const { depth, running, table } = fiberHook.thread
  const onStack = new Set<AnyFiber>()
  for (let index = 0; index < depth; index++) onStack.add(running[index]!)
  const asking = Fiber.getCurrent()
  if (asking !== undefined) onStack.add(asking)
  const infos: Array<FiberInfo> = []
  const at = fiberHook.now()
  const rows = limit === undefined ? undefined : oldest(limit.fibers, onStack)
  const others: awaiting.Others =
    rows === undefined || rows.border === Infinity
      ? { children: lineage(), held: held() }
      : { children: lineageOfRows(), held: heldIn(rows.taken) }
  const add = (fiber: AnyFiber, row: number): void => {
    // it ended while no hook was there to see it; the row stays until the fiber is collected, since a snapshot changes nothing
    if (fiber.pollUnsafe() !== undefined) return
    infos.push(infoOf(fiber, row, onStack.delete(fiber), at, features, others))
  }
  const left = rows === undefined ? (table.forEach(add), undefined) : addWithin(limit!.letters, rows, infos, add)
  // fibers in their first slice have no row yet
  for (const fiber of onStack) infos.push(firstSliceOf(fiber, at, features))
  return left === undefined ? { fibers: infos } : { fibers: infos, left }
}

/** The rows of the oldest fibers and of those on the stack, the oldest first, and how many are left. */
interface Rows {
  readonly taken: ReadonlyArray<number>
  readonly ids: ReadonlyMap<number, number>
  /** the last of the oldest */
  readonly border: number
}

const oldest = (most: number, onStack: ReadonlySet<AnyFiber>): Rows => {
  const { table } = fiberHook.thread
  const all = new Float64Array(table.live())
  let count = 0
  table.forEachRow((_, id) => {
    all[count++] = id
  })
  all.sort()
  const border = count <= most ? Infinity : all[most - 1]!
  const stacked = new Set(Array.from(onStack, ({ id }) => id))
  const ids = new Map<number, number>()
  table.forEachRow((row, id) => {
    if (id <= border || stacked.has(id)) ids.set(row, id)
  })
  const taken = Array.from(ids.keys()).sort((a, b) => ids.get(a)! - ids.get(b)!)
  return { taken, ids, border }
}

/** So many names of fibers that were left out are told. A guess. */
const mostNames = 10

/** Adds fibers until there is no room; describes the others. */
const addWithin = (
  letters: number,
  { border, ids, taken }: Rows,
  infos: Array<FiberInfo>,
  add: (fiber: AnyFiber, row: number) => void
): LeftOut | undefined => {
  const { table } = fiberHook.thread
  let room = letters
  let after = border
  const added = new Set<number>()
  for (const row of taken) {
    const before = infos.length
    const fiber = table.fiberOf(row)
    if (fiber !== undefined) add(fiber, row)
    added.add(row)
    if (infos.length > before) room -= lettersOf(infos.at(-1)!)
    if (room <= 0) {
      after = Math.min(after, ids.get(row)!)
      break
    }
  }
  const byName = new Map<string | undefined, number>()
  let fibers = 0
  table.forEach((fiber, row) => {
    if (added.has(row)) return
    fibers++
    const name = nameOf(fiber)
    byName.set(name, (byName.get(name) ?? 0) + 1)
  })
  if (fibers === 0) return undefined
  const names = Array.from(byName, ([name, fibers]) => ({ name, fibers }))
  return { fibers, after, names: names.sort((a, b) => b.fibers - a.fibers).slice(0, mostNames) }
}

/** Letters of a fiber in JSON without its texts and lists: the names of its fields, and numbers of 17 digits. */
const fixedLetters = 600

const asItIs = /^[ !#-[\]-~]*$/

/** A letter that JSON escapes has six. */
const textLetters = (text = ""): number => (asItIs.test(text) ? 1 : 6) * text.length

const lettersOf = ({ awaits, name, note, whole }: FiberInfo): number =>
  fixedLetters +
  textLetters(name) +
  textLetters(note) +
  textLetters(whole?.name) +
  textLetters(whole?.reason) +
  textLetters(awaits?.job?.task) +
  // the number of a fiber and a comma
  12 * (awaits?.wakers?.length ?? 0)

const infoOf = (
  fiber: AnyFiber,
  row: number,
  isRunning: boolean,
  at: number,
  features: Features,
  others: awaiting.Others
): FiberInfo => {
  const { due, endedAt, longMs, parentId, runDelayMs, selfMs, slices, startedAt, yields } =
    fiberHook.thread.table.rowOf(row)
  const gaveWay = features.gaveWay !== undefined && suspensionText(fiber) === features.gaveWay
  const sliceBegan = isRunning ? runningSlices.sliceStart(fiber) : undefined
  const since = isRunning ? sliceBegan : endedAt
  const awaits = isRunning || gaveWay ? undefined : awaitedBy(fiber, due, features, others)
  const runningMs = isRunning ? runningSlices.selfOnStack(at, fiber) : 0
  return {
    id: fiber.id,
    parentId: parentId === 0 ? undefined : parentId,
    name: nameOf(fiber),
    state: isRunning ? "running" : gaveWay ? "ready" : "waiting",
    ...(since === undefined ? {} : { since }),
    ...(awaits === undefined ? {} : { awaits }),
    startedAt,
    selfMs: selfMs + runningMs,
    longMs: longMs + longOf(runningMs),
    runDelayMs,
    slices: slices + (isRunning ? 1 : 0),
    // each slice that did not end by giving way ended by waiting, and only the last wait may last still
    ...(features.awaits ? { yields, wakes: slices - yields - (isRunning || gaveWay ? 0 : 1) } : {}),
    ...innardsOf(fiber),
    ...wholeOf(fiber),
    ...noteOf(fiber)
  }
}

const firstSliceOf = (fiber: AnyFiber, at: number, features: Features): FiberInfo => {
  const parentId = fiberHook.parentIdOf(fiber)
  const selfMs = runningSlices.selfOnStack(at, fiber)
  const startedAt = runningSlices.sliceStart(fiber) ?? at - selfMs
  return {
    id: fiber.id,
    parentId: parentId === 0 ? undefined : parentId,
    name: nameOf(fiber),
    state: "running",
    since: startedAt,
    startedAt,
    selfMs,
    longMs: longOf(selfMs),
    runDelayMs: 0,
    slices: 1,
    ...(features.awaits ? { yields: 0, wakes: 0 } : {}),
    ...innardsOf(fiber),
    ...wholeOf(fiber),
    ...noteOf(fiber)
  }
}

/** The self time of a slice, if the slice is a long one. */
const longOf = (selfMs: number): number => (selfMs >= longSliceMs ? selfMs : 0)

/** The last fibers that were collected while they waited. Unlike a snapshot this changes the table: it sweeps. */
export const lost = (): ReadonlyArray<LostFiber> => {
  const { labels, table } = fiberHook.thread
  return table
    .lost()
    .filter(({ endedAt }) => endedAt >= fiberHook.installedAt)
    .map(({ endedAt, id, label, parentId }) => ({
      id,
      name: labels.name(label),
      parentId: parentId === 0 ? undefined : parentId,
      since: endedAt
    }))
}

/** The live fibers that a fiber started, found when they are first asked for. */
const lineage = (): ((id: number) => ReadonlyArray<number>) =>
  byParent((tell) => {
    const { table } = fiberHook.thread
    table.forEach((fiber, row) => tell(table.parentOf(row), fiber.id))
  })

/** The same of very many fibers: those that were collected are in it too, and wake nobody. */
const lineageOfRows = (): ((id: number) => ReadonlyArray<number>) =>
  byParent((tell) => {
    const { table } = fiberHook.thread
    table.forEachRow((row, id) => tell(table.parentOf(row), id))
  })

const byParent = (
  visit: (tell: (parentId: number, id: number) => void) => void
): ((id: number) => ReadonlyArray<number>) => {
  let known: Map<number, Array<number>> | undefined
  return (id) => {
    if (known === undefined) {
      const found = (known = new Map<number, Array<number>>())
      visit((parentId, child) => {
        const siblings = found.get(parentId)
        if (siblings === undefined) found.set(parentId, [child])
        else siblings.push(child)
      })
    }
    return known.get(id) ?? []
  }
}

/** The semaphores of which live fibers hold permits, found when they are first asked for. */
const held = (): (() => semaphores.HeldSemaphores) =>
  heldBy((tell) => fiberHook.thread.table.forEach((fiber) => tell(fiber)))

const heldIn = (rows: ReadonlyArray<number>): (() => semaphores.HeldSemaphores) =>
  heldBy((tell) => {
    for (const row of rows) tell(fiberHook.thread.table.fiberOf(row))
  })

const heldBy = (visit: (tell: (fiber: AnyFiber | undefined) => void) => void): (() => semaphores.HeldSemaphores) => {
  let found: semaphores.HeldSemaphores | undefined
  return () => {
    if (found === undefined) {
      const fibers: Array<AnyFiber> = []
      visit((fiber) => fiber !== undefined && fibers.push(fiber))
      found = semaphores.heldBy(fibers)
    }
    return found
  }
}

const awaitedBy = (fiber: AnyFiber, due: number, features: Features, others: awaiting.Others): FiberInfo["awaits"] => {
  if (!features.awaits) return { kind: "unknown" }
  const awaits = awaiting.of(fiber, others)
  if (awaits.kind === "timer" && due > 0) return { ...awaits, dueAt: due }
  // a fiber that awaits a job suspended in a callback
  const job = awaits.kind === "callback" ? fiberJobs.of(fiber) : undefined
  return job === undefined ? awaits : { kind: "job", job: { ...job, task: cut.to(cut.nameLetters, job.task) } }
}

const innardsOf = (fiber: AnyFiber): Pick<FiberInfo, "uninterruptible" | "interrupting" | "observed"> => ({
  ...(isUninterruptible(fiber) ? { uninterruptible: true } : {}),
  ...(isInterrupted(fiber) ? { interrupting: true } : {}),
  ...(isObserved(fiber) === false ? { observed: false } : {})
})

const wholeOf = (fiber: AnyFiber): Pick<FiberInfo, "whole"> => {
  const call = wholeCalls.noted(fiber)
  if (call === undefined) return {}
  const ms = call.endedAt - call.startedAt
  return { whole: { name: call.name, reason: call.reason, ms } }
}

const noteOf = (fiber: AnyFiber): Pick<FiberInfo, "note" | "own"> => {
  const note = fiberNotes.noteOf(fiber)
  return { ...(ownFibers.isOwn(fiber) ? { own: true } : {}), ...(note === undefined ? {} : { note }) }
}
