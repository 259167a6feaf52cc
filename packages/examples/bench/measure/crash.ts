/**
 * One cell row of the crash matrix in a process of its own, started by `crash.ts`: a contestant and a trouble. A pool of
 * two workers; one runs a neighbour, the other gets the trouble, four more neighbours queue behind it, and when the
 * caller of the trouble knows (or should), another job is submitted. Prints one JSON line: what became of each.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { contestants } from "../pools/contestants.ts"
import type { Job, Pool } from "../pools/contestant.ts"
import type { ContestantName } from "../pools/contestants.ts"
import { troubles } from "./troubles.ts"
import type { Cell, Row, Seen, TroubleName } from "./troubles.ts"

const [name, troubleName] = process.argv.slice(2) as [ContestantName, TroubleName]
const trouble = troubles[troubleName]

/** What a caller may wait for its answer, ms; all but a stuck native call are over after a tenth of it. */
const patienceMs = 5000

interface Watched {
  seen: Seen
  readonly settled: Promise<unknown>
}

const watch = (pool: Pool, job: Job, signal?: AbortSignal): Watched => {
  const start = performance.now()
  const watched: { seen: Seen } = { seen: { _tag: "Pending" } }
  const submit = async (): Promise<unknown> => pool.run(job, signal)
  const settled = submit().then(
    (value) => (watched.seen = { _tag: "Done", value, ms: performance.now() - start }),
    (error: unknown) => (watched.seen = { _tag: "Failed", error, ms: performance.now() - start })
  )
  return Object.assign(watched, { settled })
}

const within = (settled: Promise<unknown>, ms: number): Promise<unknown> => Promise.race([settled, sleep(ms)])

const addition: Job = { name: "add", payload: { a: 1, b: 2 } }

const start = await contestants[name]()
const pool = await start({
  workers: 2,
  graceMs: 100,
  ...(trouble.heapMb === undefined ? {} : { heapMb: trouble.heapMb })
})

let running: Watched | undefined
if (!trouble.atLoad) {
  // both workers have run something
  await Promise.all([1, 2].map(() => pool.run({ name: "hold", payload: 100 })))
  running = watch(pool, { name: "hold", payload: 2000 })
  await sleep(50)
}
const controller = new AbortController()
const caller = watch(pool, trouble.job, trouble.cancelled === true ? controller.signal : undefined)
await sleep(20)
const queued = Array.from({ length: 4 }, () => watch(pool, addition))
let cancelledAfter = 0
if (trouble.cancelled === true) {
  await sleep(200)
  cancelledAfter = 220
  controller.abort()
}
await within(caller.settled, patienceMs)
const next = watch(pool, addition)
await within(next.settled, patienceMs / 2)
await within(Promise.all([running, ...queued].map((watched) => watched?.settled)), patienceMs / 2)

const ms = (seen: Exclude<Seen, { _tag: "Pending" }>): string => `${Math.round(seen.ms)} ms`

/** What became of a job that had nothing to do with the trouble. */
const bystander = ({ seen }: Watched): Cell => {
  if (seen._tag === "Pending") return { right: false, what: "hangs" }
  if (seen._tag === "Failed") return { right: trouble.hopeless === true, what: "fails" }
  return { right: seen.value === 3 || seen.value === 2000, what: `done in ${ms(seen)}` }
}

const worst = (cells: ReadonlyArray<Cell>): Cell =>
  cells.find(({ what }) => what === "hangs") ?? cells.find(({ right }) => !right) ?? cells.at(-1)!

const row: Row = {
  caller: trouble.judge(caller.seen, pool, cancelledAfter),
  queued: worst(queued.map(bystander)),
  running: running === undefined ? { right: true, what: "–" } : bystander(running),
  next: bystander(next)
}
console.log(JSON.stringify(row))
process.exit(0)
