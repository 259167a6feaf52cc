/**
 * `npm run soak -- [--minutes N] [--seed S]`: random jobs on real workers, with random cancels, timeouts, kills, crashes,
 * exits and out-of-memory among them, until the minutes are over; long runs count hundreds of thousands. It ends with
 * exit code 0 if nothing was lost, nothing doubled, no answer wrong, and nothing is left: no thread, handle, listener.
 *
 * The process is supervised and served meanwhile, and attacked (`troubles.ts`): by names that mean harm, floods of log lines, clients
 * that never read, spoilt caches and helper threads that die. Memory has to stay flat, and diagnostics has to answer.
 *
 * Linux's allocator keeps the free memory of each thread that it has had to itself, in up to 16 places, so a process whose threads come and go seems to
 * grow for an hour. The soak begins once more with two of them (`MALLOC_ARENA_MAX`), where growth means a leak.
 *
 * The seed decides what is run, not how threads interleave: a failure may need several runs of its seed to come again.
 */
import { Effect, Exit, Scope } from "effect"
import { parseArgs } from "node:util"
import { table } from "../bench/statistics.ts"
import { baselineAfter, held, leaks, slopeMb, slopeOf } from "./leaks.ts"
import * as log from "./log.ts"
import type { Books } from "./round.ts"
import { run } from "./round.ts"
import * as troubles from "./troubles.ts"

const usage = "Usage: npm run soak -- [--minutes N] [--seed S]"

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } }
})
const minutes = Number(values.minutes)
if (!(minutes > 0)) {
  console.error(`--minutes must be a number above 0, not ${values.minutes}. ${usage}`)
  process.exit(2)
}
if (process.platform === "linux" && process.env["MALLOC_ARENA_MAX"] === undefined) {
  const args = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  process.execve?.(process.execPath, args, { ...process.env, MALLOC_ARENA_MAX: "2" })
}

const seed = values.seed ?? String(Math.floor(Math.random() * 1e9))

/** Jobs of a round: enough for each kind of trouble, few enough that a minute sees many pools. */
const size = 3000

/** How long nothing may settle before somebody is lost: an out-of-memory takes a second, a boot a third of one. */
const stuckMs = 45_000

const books: Books = { open: new Map(), counts: new Map(), complaints: [], settled: 0 }

const complaintsShown = 20

const end = (code: number): never => {
  console.log(`\nseed ${seed}: ${books.settled} jobs settled`)
  for (const complaint of books.complaints.slice(0, complaintsShown)) console.log(`WRONG ${complaint}`)
  if (books.complaints.length > complaintsShown) console.log(`… and ${books.complaints.length - complaintsShown} more`)
  process.exit(code)
}

let [seen, seenAt] = [-1, 0]
const watch = setInterval(() => {
  if (books.settled !== seen) {
    ;[seen, seenAt] = [books.settled, performance.now()]
  } else if (performance.now() - seenAt > stuckMs) {
    const lost = [...books.open].map(([id, kind]) => `${id} (${kind})`).join(", ")
    books.complaints.push(`nothing settles any more; without an answer: ${lost || "no job, the pool does not close"}`)
    end(1)
  }
}, 1000)

console.log(`soak: ${minutes} min, seed ${seed}`)
const scope = Effect.runSync(Scope.make())
const trouble = await Effect.runPromise(Scope.provide(troubles.make, scope))
const deadline = performance.now() + minutes * 60_000
// the first round loads what is loaded once; what it leaves behind is the measure for the others, its memory apart
let baseline = await held()
const rssMb: Array<number> = []
for (let round = 1; round === 1 || performance.now() < deadline; round++) {
  const start = performance.now()
  const endStalls = await trouble.stall()
  const { options, statistics } = await Effect.runPromise(run(seed, round, (round - 1) * size, size, books))
  await endStalls()
  books.complaints.push(...(await trouble.check()).map((complaint) => `after round ${round}: ${complaint}`))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const now = await held()
  if (round > 1) books.complaints.push(...leaks(baseline, now).map((leak) => `after round ${round}: ${leak}`))
  baseline = baselineAfter(round, baseline, now)
  rssMb.push(now.rssMb)
  console.log(
    `round ${round}: ${options.maxWorkers} workers, ${options.callers} callers, grace ${options.graceMs} ms, ` +
      `queue ${options.capacity} (${options.overflow})${options.standby ? "" : ", no standby"}` +
      `${options.fair ? ", fair" : ""}${options.closedInFlight ? ", closed in flight" : ""}: ` +
      `${statistics.completed} completed, ${statistics.failed} failed, ${statistics.cancelled} cancelled, ` +
      `${statistics.killed} killed in ${seconds} s; heap ${now.heapMb} MiB, RSS ${now.rssMb} MiB` +
      `${books.complaints.length === 0 ? "" : `; ${books.complaints.length} WRONG`}`
  )
  await trouble.between(round)
}
clearInterval(watch)
await Effect.runPromise(Scope.close(scope, Exit.void))

const rows = [...books.counts]
  .map(([kind, counts]) => [kind, [...counts].map(([label, count]) => `${label} ${count}`).join(", ")])
  .toSorted(([a], [b]) => a!.localeCompare(b!))
console.log(`\n${table([["kind", "ended as"], ...rows])}`)
const { deaths, spoilt, stalled } = trouble.counts
const ends = log.counted.get(log.threadEnded) ?? 0
if (ends !== deaths) books.complaints.push(`${deaths} helper threads were killed, and ${ends} ended`)
console.log(`\n${deaths} helper threads died, ${spoilt} cache entries were spoilt, ${stalled} clients never read`)
const slope = slopeOf(rssMb)
if (slope !== undefined) {
  console.log(`the process grew by ${slope.toFixed(1)} MiB a round in the second half of ${rssMb.length} rounds`)
  if (slope > slopeMb) books.complaints.push(`that is more than ${slopeMb} MiB a round: something leaks`)
}
for (const [kind, count] of [...log.counted].toSorted(([a], [b]) => a.localeCompare(b))) {
  console.log(`${count} lines: ${kind}`)
}
if (books.complaints.length === 0) console.log("\nNothing lost, nothing doubled, nothing left behind.")
end(books.complaints.length === 0 ? 0 : 1)
