/**
 * Every order of the steps of main and worker, over small rings.
 *
 * The source of `jobRing.ts` is compiled so that each of its functions stops before each `Atomics` call. Main runs a short
 * script of offers and withdrawals and then collects; the worker claims, answers, calls and parks, as `desk.ts` does. A
 * schedule says whose turn each step is; all schedules are tried, each from the start, except that a situation that was
 * seen before (the memory, the messages under way, what each side knows, and what it has read since) has no other future.
 */
import { readFileSync } from "node:fs"
import { stripTypeScriptTypes } from "node:module"
import { assert, describe, it } from "vitest"

type Steps<A> = Generator<undefined, A>

interface Ring {
  readonly i32: Int32Array
  next: number
  end: number
}

interface Mail {
  readonly has: (n: number) => boolean
  readonly drop: (n: number) => void
}

interface Protocol {
  readonly State: Record<"done" | "posted", number>
  readonly Claim: Record<"none" | "begun" | "awaited", number>
  readonly make: (slots: number) => Ring
  readonly fromBuffer: (buffer: ArrayBufferLike) => Ring
  readonly jobOf: (ring: Ring, n: number) => number
  readonly lengthOf: (ring: Ring, n: number) => number
  readonly isFull: (ring: Ring) => boolean
  readonly offer: (ring: Ring, job: number, length: number) => Steps<boolean>
  readonly withdraw: (ring: Ring, n: number) => Steps<boolean>
  readonly collect: (ring: Ring) => Steps<number>
  readonly release: (ring: Ring) => Steps<void>
  readonly listen: (ring: Ring) => Steps<boolean>
  readonly claim: (ring: Ring, mail: Mail) => Steps<number>
  readonly answer: (ring: Ring, length: number, ran: number) => Steps<void>
  readonly call: (ring: Ring) => Steps<boolean>
  readonly hasNext: (ring: Ring) => Steps<boolean>
  readonly park: (ring: Ring) => Steps<boolean>
}

/** What the side whose turn it is has read so far. */
let log: Array<number> = []

const traced = Object.fromEntries(
  (["load", "store", "compareExchange"] as const).map((name) => [
    name,
    (...args: [Int32Array, number, number, number]) => {
      const result = (Atomics[name] as (...args: ReadonlyArray<unknown>) => number)(...args)
      log.push(result)
      return result
    }
  ])
)

/** `Atomics.x(…)` becomes `(yield, Atomics.x(…))`. */
const stopBeforeAtomics = (source: string): string => {
  const at = source.indexOf("Atomics.")
  if (at < 0) return source
  let depth = 0
  let end = source.indexOf("(", at)
  do {
    if (source[end] === "(") depth++
    if (source[end] === ")") depth--
    end++
  } while (depth > 0)
  // a statement that begins with a parenthesis
  const semicolon = /\n\s*$/.test(source.slice(0, at)) ? ";" : ""
  return `${source.slice(0, at)}${semicolon}(yield, ${source.slice(at, end)})${stopBeforeAtomics(source.slice(end))}`
}

const protocol = (() => {
  const source = readFileSync(new URL("../../../src/internal/sharedMemory/jobRing.ts", import.meta.url), "utf8")
  const plain = stripTypeScriptTypes(source).replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, "")
  const functions = plain.replaceAll(
    /export const (\w+) = \(([^)]*)\)\s*=>\s*\{([^]*?)\n\}\n/g,
    (whole, name: string, args: string, body: string) =>
      body.includes("Atomics.") ? `const ${name} = function* (${args}) {${stopBeforeAtomics(body)}\n}\n` : whole
  )
  const names = Array.from(plain.matchAll(/export const (\w+)/g), ([, name]) => name)
  const code = `${functions.replaceAll("export const", "const")}\nreturn { ${names.join(", ")} }`
  return new Function("Atomics", code)(traced) as Protocol
})()

/** `again`: posts a job that was withdrawn, unless that came too late */
type Op = readonly ["offer" | "post" | "withdraw" | "again", number]

type Message = { readonly request: number } | "wake"

/** One run of both sides, a step at a time. */
const makeRun = (slots: number, script: ReadonlyArray<Op>, holdBack: number) => {
  const mine = protocol.make(slots)
  const theirs = protocol.fromBuffer((mine.i32 as Int32Array<SharedArrayBuffer>).buffer)
  const toWorker: Array<Message> = []
  const toMain: Array<"wake" | { readonly outcome: number }> = []
  const ran: Array<number> = []
  const answered: Array<number> = []
  const withdrawn: Array<number> = []
  const places = new Map<number, number>()
  const outcomes = new Set<number>()
  const requests = new Set<number>()
  const dropped = new Set<number>()
  let untold = 0

  /** What each side has read, and how many steps it has taken, since it was at a place where its variables say all. */
  const since = { main: [] as Array<number>, worker: [] as Array<number> }
  const place = { main: 0, worker: 0 }
  const at = (side: "main" | "worker", where: number): void => {
    since[side].length = 0
    place[side] = where
    steps[side] = 0
  }
  const steps = { main: 0, worker: 0 }

  let mainAsleep = false
  let workerAsleep = false

  const collectAll = function* (): Steps<boolean> {
    for (;;) {
      const state = yield* protocol.collect(mine)
      const answers = state === protocol.State.done || state === protocol.State.posted
      const job = answers ? protocol.jobOf(mine, mine.next) : 0
      if (state === protocol.State.done || outcomes.has(job)) {
        answered.push(job)
        yield* protocol.release(mine)
      } else if (job !== 0 || (yield* protocol.listen(mine))) {
        return true
      }
    }
  }

  const sleepOnMain = function* (): Steps<void> {
    mainAsleep = true
    yield
    for (const message of toMain.splice(0)) if (message !== "wake") outcomes.add(message.outcome)
  }

  const main = (function* (): Steps<void> {
    yield* protocol.listen(mine)
    for (const [index, [what, job]] of script.entries()) {
      at("main", index)
      if (what === "withdraw") {
        const place = places.get(job)!
        if (answered.includes(job) || !(yield* protocol.withdraw(mine, place))) continue
        withdrawn.push(job)
      } else if (what !== "again" || withdrawn.includes(job)) {
        while (protocol.isFull(mine)) {
          yield* collectAll()
          if (protocol.isFull(mine)) yield* sleepOnMain()
        }
        // a job that was withdrawn comes again
        if (withdrawn.includes(job)) withdrawn.splice(withdrawn.indexOf(job), 1)
        places.set(job, mine.end)
        const sleeps = yield* protocol.offer(mine, job, what === "offer" ? 0 : -1)
        if (what !== "offer") toWorker.push({ request: places.get(job)! })
        else if (sleeps) toWorker.push("wake")
      }
    }
    for (;;) {
      at("main", script.length)
      yield* collectAll()
      if (answered.length + withdrawn.length === places.size) return
      yield* sleepOnMain()
    }
  })()

  const worker = (function* (): Steps<void> {
    const mail: Mail = {
      has: (n) => requests.has(n),
      drop: (n) => void (requests.delete(n) || dropped.add(n))
    }
    const tell = function* (): Steps<void> {
      if (untold > 0 && (yield* protocol.call(theirs))) toMain.push("wake")
      untold = 0
    }
    let sleeps = yield* protocol.park(theirs)
    for (;;) {
      workerAsleep = sleeps
      sleeps = true
      yield
      for (const message of toWorker.splice(0)) {
        if (message !== "wake" && !dropped.delete(message.request)) requests.add(message.request)
      }
      for (;;) {
        at("worker", 1)
        const found = yield* protocol.claim(theirs, mail)
        if (found === protocol.Claim.begun) {
          const job = protocol.jobOf(theirs, theirs.next)
          const posted = protocol.lengthOf(theirs, theirs.next) === -1
          if (posted) requests.delete(theirs.next)
          ran.push(job)
          yield* protocol.answer(theirs, posted ? -1 : 0, 0)
          if (posted) {
            toMain.push({ outcome: job })
            untold = 0
          } else if (++untold > holdBack) {
            yield* tell()
          }
          continue
        }
        yield* tell()
        if (found === protocol.Claim.awaited) break
        if (!(yield* protocol.hasNext(theirs)) && (yield* protocol.park(theirs))) break
      }
    }
  })()

  let over = false
  return {
    /** who can take a step */
    enabled: (): Array<"main" | "worker"> => [
      ...(over || (mainAsleep && toMain.length === 0) ? [] : (["main"] as const)),
      ...(workerAsleep && toWorker.length === 0 ? [] : (["worker"] as const))
    ],
    step: (side: "main" | "worker"): void => {
      log = since[side]
      steps[side]++
      if (side === "main") {
        mainAsleep = false
        over = main.next().done === true
      } else {
        workerAsleep = false
        worker.next()
      }
    },
    key: (): string =>
      JSON.stringify([
        Array.from({ length: slots }, (_, n) => Array.from(mine.i32.subarray(32 + n * 256, 35 + n * 256))),
        [mine.i32[0], mine.i32[16], mine.next, mine.end, theirs.next, untold, mainAsleep, workerAsleep],
        [toWorker, toMain, since, steps, place, ran, answered, withdrawn],
        [Array.from(outcomes), Array.from(requests), Array.from(dropped)]
      ]),
    check: (end: boolean): void => {
      const jobs = Array.from(places.keys())
      const twice = (list: ReadonlyArray<number>) => new Set(list).size !== list.length
      if (twice(ran) || twice(answered)) throw new Error(`a job is run or answered twice: ${ran}; ${answered}`)
      if (withdrawn.some((job) => ran.includes(job))) throw new Error("a job runs that was withdrawn")
      if (ran.some((job, at) => at > 0 && jobs.indexOf(ran[at - 1]!) > jobs.indexOf(job))) {
        throw new Error(`jobs run out of order: ${ran}`)
      }
      if (!end) return
      if (!over) throw new Error(`everybody sleeps: ran ${ran}, answered ${answered}, withdrawn ${withdrawn}`)
      if (jobs.some((job) => answered.includes(job) === withdrawn.includes(job))) throw new Error("a job is lost")
    }
  }
}

/** Far more than there are, so that an endless schedule ends the test. */
const most = 200_000

/** Tries all schedules; returns how many different situations there were. */
const explore = (slots: number, script: ReadonlyArray<Op>, holdBack = 0): number => {
  const seen = new Set<string>()
  const frontier: Array<ReadonlyArray<"main" | "worker">> = [[]]
  for (let schedule = frontier.pop(); schedule !== undefined; schedule = frontier.pop()) {
    const run = makeRun(slots, script, holdBack)
    for (const side of schedule) run.step(side)
    const key = run.key()
    if (seen.has(key)) continue
    seen.add(key)
    if (seen.size > most) throw new Error("too many situations: does it come to rest?")
    const enabled = run.enabled()
    run.check(enabled.length === 0)
    for (const side of enabled) frontier.push([...schedule, side])
  }
  return seen.size
}

describe("main and worker, in every order of their steps:", () => {
  const scripts: Readonly<Record<string, ReadonlyArray<Op>>> = {
    "a job": [["offer", 1]],
    "two jobs": [
      ["offer", 1],
      ["offer", 2]
    ],
    "more jobs than slots": [
      ["offer", 1],
      ["offer", 2],
      ["offer", 3]
    ],
    "the youngest is withdrawn, and its slot used again": [
      ["offer", 1],
      ["offer", 2],
      ["withdraw", 2],
      ["offer", 3]
    ],
    "the oldest is withdrawn": [
      ["offer", 1],
      ["offer", 2],
      ["withdraw", 1]
    ],
    "all are withdrawn, oldest first": [
      ["offer", 1],
      ["offer", 2],
      ["withdraw", 1],
      ["withdraw", 2],
      ["offer", 3]
    ],
    "a posted job between others": [
      ["offer", 1],
      ["post", 2]
    ],
    "a posted job is withdrawn, and comes again": [
      ["post", 1],
      ["withdraw", 1],
      ["again", 1]
    ],
    "a posted job is withdrawn": [
      ["post", 1],
      ["withdraw", 1],
      ["offer", 2]
    ]
  }
  for (const [name, script] of Object.entries(scripts)) {
    for (const holdBack of [0, 1]) {
      it(`${name}${holdBack === 0 ? "" : ", answers held back"}`, () => {
        assert.isAbove(explore(2, script, holdBack), 10)
      })
    }
  }
})
