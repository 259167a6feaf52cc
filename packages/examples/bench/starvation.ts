/**
 * Does supervision see every stall, and nothing else? Stalls of known kind, fiber, line and length are injected into a
 * service that answers requests meanwhile; then the same service works for five minutes with nothing wrong.
 *
 * The truth does not come from Giveway: a stall that the service makes is timed where it is made; one that is done to it
 * (SIGSTOP, a core full of other processes) by a plain timer in it that notes when it did not come. A stall counts as
 * detected if exactly one record is of its time. Right are fiber, class and line if the record says what was done; where
 * nobody is to blame, or no line, that is what it has to say. The first report is timed when its text reaches another
 * process, from the beginning of the stall; the machine's doings are not counted there, as nobody runs then to report.
 *
 * With `--rest` the service is not asked, and rests for 1 to 30 s before each stall. Each kind is injected into a fiber, and, if it is plain
 * code, into the callback of an event too: only then may a report come later, by a second at most. Nothing is done to the process from
 * outside: a loop that waits for nothing is not held by that (decision 0147). A false alarm is a record that is of no injection and accuses
 * anybody.
 *
 * A false alarm is a record of which the truth knows nothing: in the injected part one that is of no injection, unless the
 * plain timer saw it too, and in the healthy part one that the plain timer did not see. Some such records are right: a
 * machine that others use does not always give a core to who needs it.
 */
import { spawn, spawnSync, fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { readFileSync } from "node:fs"
import { Agent, get } from "node:http"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import type { Starvation } from "@giveway/core"
import type { Gap, News, Order } from "./measure/stallingService.ts"
import type { Inside, Kind } from "./measure/stalls.ts"
import { causes, hasPlace, isNobodys, isPlain } from "./measure/stalls.ts"
import { median, quantile, round, table } from "./statistics.ts"

export const summary = "stalls of every kind injected into a service: which are seen, and how they are told"
export const hasQuick = true
export const hasRest = true

const thresholdMs = 50

type Record = Starvation.Starvation

interface Truth extends Gap {
  readonly kind: Kind
  readonly fiberId: number | undefined
  /** in the callback of an event, and in no fiber */
  readonly raw: boolean
}

interface Service {
  readonly pid: number
  readonly order: (order: Order) => void
  readonly heard: (isIt: (news: News) => boolean, withinMs: number) => Promise<News | undefined>
  readonly records: ReadonlyArray<Record>
  /** when each line that a stall is reported with came, and the line */
  readonly reports: ReadonlyArray<{ readonly at: number; readonly line: string }>
  readonly stop: () => void
}

const now = (): number => performance.timeOrigin + performance.now()

const script = fileURLToPath(new URL("./measure/stallingService.ts", import.meta.url))

/** Requests at a steady pace, `perSecond` of them, whoever answers when. */
const load = (port: number, perSecond: number): (() => void) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const timer = setInterval(() => {
    get({ agent, port, host: "127.0.0.1", path: "/" }, (response) => response.resume()).on("error", () => {})
  }, 1000 / perSecond)
  return () => {
    clearInterval(timer)
    agent.destroy()
  }
}

/** `perSecond` requests are sent to it; at 0 it rests. */
const start = async (perSecond: number): Promise<Service> => {
  const child: ChildProcess = fork(script, perSecond === 0 ? ["rest"] : [], {
    execArgv: process.execArgv,
    stdio: ["ignore", "inherit", "pipe", "ipc"]
  })
  const records: Array<Record> = []
  const reports: Array<{ readonly at: number; readonly line: string }> = []
  const waiting = new Set<(news: News) => void>()
  child.on("message", (news: News) => {
    if (news._tag === "Record") records.push(news.record as Record)
    for (const hear of waiting) hear(news)
  })
  child.stderr!.on("data", (chunk: Buffer) => {
    const at = now()
    for (const line of chunk.toString().split("\n")) if (line.startsWith("giveway:")) reports.push({ at, line })
  })
  const heard: Service["heard"] = (isIt, withinMs) =>
    new Promise((resolve) => {
      const done = (news: News | undefined): void => {
        clearTimeout(patience)
        waiting.delete(hear)
        resolve(news)
      }
      const hear = (news: News): void => void (isIt(news) && done(news))
      const patience = setTimeout(() => done(undefined), withinMs)
      waiting.add(hear)
    })
  const up = await heard(({ _tag }) => _tag === "Up", 30_000)
  if (up?._tag !== "Up") throw new Error("the service did not start")
  const unload = perSecond === 0 ? () => {} : load(up.port, perSecond)
  return {
    pid: child.pid!,
    order: (order) => void child.send(order),
    heard,
    records,
    reports,
    stop: () => {
      unload()
      child.kill("SIGKILL")
    }
  }
}

// --- injecting ----------------------------------------------------------------------------------------------------

/** How many of each in 200. */
const counts: Readonly<{ [kind in Kind]: number }> = {
  syncLoop: 18,
  regex: 16,
  jsonParse: 16,
  pbkdf2: 16,
  execSync: 16,
  fsSync: 14,
  gc: 14,
  microtasks: 16,
  nextTicks: 14,
  callback: 14,
  convoy: 16,
  stop: 16,
  contention: 14
}

/** Numbers that look random and are the same each time (mulberry32). */
const seeded = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const [shortestMs, longestMs] = [60, 3000]

const witnessed = async (service: Service): Promise<ReadonlyArray<Gap>> => {
  const answer = service.heard(({ _tag }) => _tag === "Witnessed", 10_000)
  service.order({ _tag: "Witness" })
  const news = await answer
  return news?._tag === "Witnessed" ? news.gaps : []
}

/** The longest gap of the plain timer: what was really done to the process. */
const longest = (gaps: ReadonlyArray<Gap>): Gap | undefined =>
  gaps.toSorted((a, b) => b.to - b.from - (a.to - a.from))[0]

/** Stops the process for `ms`. */
const stopFor = async ({ pid }: Service, ms: number): Promise<void> => {
  process.kill(pid, "SIGSTOP")
  await sleep(ms)
  process.kill(pid, "SIGCONT")
}

const command = (name: string, ...args: ReadonlyArray<string>): boolean => spawnSync(name, args).status === 0

/** A core that is full of others for `ms`: the main thread is bound to it, at the lowest priority that there is. */
const starveFor = async ({ pid }: Service, ms: number): Promise<void> => {
  command("taskset", "-cp", "0", String(pid))
  command("chrt", "-i", "-p", "0", String(pid))
  const spin = ["-c", "0", process.execPath, "-e", "for(;;);"]
  const others = [spawn("taskset", spin), spawn("taskset", spin)]
  await sleep(ms + 40)
  for (const other of others) other.kill("SIGKILL")
  command("chrt", "-o", "-p", "0", String(pid))
  command("taskset", "-cp", "0-1023", String(pid))
}

let orders = 0

/** Injects a stall; `gaps` gets what the plain timer saw of one that is done to the process, where there may be several. */
const inject = async (
  service: Service,
  kind: Kind,
  ms: number,
  gaps: Array<Gap>,
  raw = false
): Promise<Truth | undefined> => {
  if (kind === "stop" || kind === "contention") {
    gaps.push(...(await witnessed(service)))
    await (kind === "stop" ? stopFor(service, ms) : starveFor(service, ms))
    await sleep(50)
    const seen = await witnessed(service)
    gaps.push(...seen)
    const gap = longest(seen)
    return gap === undefined ? undefined : { kind, raw, fiberId: undefined, ...gap }
  }
  const id = ++orders
  const held = service.heard((news) => news._tag === "Held" && news.id === id, 20_000)
  service.order({ _tag: "Hold", id, kind: kind as Inside, ms, raw })
  const news = await held
  return news?._tag === "Held" ? { kind, raw, fiberId: news.fiberId, from: news.from, to: news.to } : undefined
}

// --- judging ------------------------------------------------------------------------------------------------------

const overlapMs = (a: Gap, b: Gap): number => Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from))

const timeOf = ({ durationMs, startedAt }: Record): Gap => ({ from: startedAt, to: startedAt + durationMs })

const source = readFileSync(fileURLToPath(new URL("./measure/stalls.ts", import.meta.url)), "utf8").split("\n")

/** The lines of a function in `measure/stalls.ts`: those of its own, up to the first line that is indented as its first. */
const linesOf = (name: string): readonly [first: number, last: number] => {
  const first = source.findIndex((line) => line.startsWith(`const ${name} = `))
  const after = source.findIndex(
    (line, index) => index > first && (line === "}" || line === "" || /^ {2}\}\)/.test(line))
  )
  return [first + 1, after + 1]
}

/** Functions whose lines are those of a kind. */
const functionsOf = (kind: Kind): ReadonlyArray<string> =>
  kind === "callback"
    ? ["callback", "syncLoop", "until"]
    : kind === "convoy"
      ? ["convoy", "short", "until"]
      : [kind, "until"]

const isRightLine = (kind: Kind, { hog: { place } }: Record): boolean => {
  if (!hasPlace(kind)) return place === undefined
  if (place === undefined || !place.file.endsWith("measure/stalls.ts")) return false
  return functionsOf(kind).some((name) => {
    const [first, last] = linesOf(name)
    return place.line >= first && place.line <= last
  })
}

const isRightFiber = ({ fiberId, kind }: Pick<Truth, "fiberId" | "kind">, { hog }: Record): boolean =>
  isNobodys(kind) ? hog.fiberId === undefined && (kind !== "convoy" || hog.name === "convoy") : hog.fiberId === fiberId

interface Judged {
  readonly truth: Truth
  readonly matched: ReadonlyArray<Record>
  readonly reportMs: number | undefined
}

/** Records of the time of a stall: they share half of theirs with it. */
const judge = (truth: Truth, { records, reports }: Service): Judged => {
  const matched = records.filter((record) => overlapMs(timeOf(record), truth) >= record.durationMs / 2)
  const first = reports.find(({ at }) => at >= truth.from && at <= truth.to + 20)
  return { truth, matched, reportMs: first === undefined ? undefined : first.at - truth.from }
}

const share = (judged: ReadonlyArray<Judged>, is: (truth: Truth, record: Record) => boolean): number =>
  judged.filter(({ matched, truth }) => matched.length > 0 && is(truth, matched[0]!)).length

/** Outside of fibers code that computes is no slice. */
const isRightClass = ({ kind, raw }: Truth, { cause }: Record): boolean =>
  cause === (raw && causes[kind] === "slice" ? "loop" : causes[kind])

const rowOf = (kind: Kind, judged: ReadonlyArray<Judged>): ReadonlyArray<string | number> => {
  const of = judged.filter(({ truth }) => truth.kind === kind)
  const errors = of.flatMap(({ matched, truth }) =>
    matched.length === 0 ? [] : [Math.abs(matched[0]!.durationMs - (truth.to - truth.from))]
  )
  const told = of.flatMap(({ reportMs }) => (reportMs === undefined ? [] : [reportMs]))
  return [
    kind,
    of.length,
    of.filter(({ matched }) => matched.length === 1).length,
    share(of, isRightFiber),
    share(of, isRightClass),
    share(of, (truth, record) => isRightLine(truth.kind, record)),
    round(median(told), 0),
    round(quantile(told, 0.99), 0),
    round(quantile(errors, 0.99), 1)
  ]
}

// --- the two parts ------------------------------------------------------------------------------------------------

/** Whether a record is of a time in which the plain timer was late too: by the threshold, less what it may miss. */
const isWitnessed = (record: Record, gaps: ReadonlyArray<Gap>): boolean =>
  gaps.some((gap) => gap.to - gap.from >= thresholdMs - 15 && overlapMs(timeOf(record), gap) >= record.durationMs / 2)

const injectAll = async (quick: boolean, log: (line: string) => void) => {
  const random = seeded(5)
  const order = (Object.keys(counts) as ReadonlyArray<Kind>)
    .flatMap((kind) => Array.from({ length: quick ? 2 : counts[kind] }, () => ({ kind, at: random() })))
    .sort((a, b) => a.at - b.at)
  const service = await start(100)
  try {
    await sleep(1000)
    const gaps: Array<Gap> = []
    const truths: Array<Truth> = []
    const before = service.records.length
    for (const [index, { kind }] of order.entries()) {
      const ms = shortestMs * (longestMs / shortestMs) ** (quick ? random() / 2 : random())
      gaps.push(...(await witnessed(service)))
      const truth = await inject(service, kind, ms, gaps)
      if (truth === undefined) log(`${kind} of ${round(ms, 0)} ms could not be injected`)
      else truths.push(truth)
      await sleep(150)
      if ((index + 1) % 50 === 0) log(`${index + 1} of ${order.length} injected`)
    }
    await sleep(1000)
    gaps.push(...(await witnessed(service)))
    // a machine without a core to give may make a stall of less than the threshold
    const judged = truths.filter(({ from, to }) => to - from >= thresholdMs + 5).map((truth) => judge(truth, service))
    const matched = new Set(judged.flatMap((one) => one.matched.slice(0, 1)))
    const others = service.records.slice(before).filter((record) => !matched.has(record))
    return { judged, others, gaps }
  } finally {
    service.stop()
  }
}

const watchHealthy = async (seconds: number) => {
  const service = await start(200)
  try {
    // it is compiled, and its caches are filled
    await sleep(5000)
    await witnessed(service)
    const before = service.records.length
    const gaps: Array<Gap> = []
    for (let second = 0; second < seconds; second += 10) {
      await sleep(10_000)
      gaps.push(...(await witnessed(service)))
    }
    return { others: service.records.slice(before), gaps }
  } finally {
    service.stop()
  }
}

/** The kinds that a service does to itself. */
const insideKinds = (Object.keys(counts) as ReadonlyArray<Kind>).filter(
  (kind) => kind !== "stop" && kind !== "contention"
)

const [shortestRestMs, longestRestMs] = [1000, 30_000]

const injectAtRest = async (quick: boolean, log: (line: string) => void) => {
  const random = seeded(7)
  const times = quick ? 1 : 3
  const order = insideKinds
    .flatMap((kind) => [false, ...(isPlain(kind as Inside) ? [true] : [])].map((raw) => ({ kind, raw })))
    .flatMap((one) => Array.from({ length: times }, () => ({ ...one, at: random() })))
    .sort((a, b) => a.at - b.at)
  const service = await start(0)
  try {
    await sleep(3000)
    const truths: Array<Truth> = []
    const before = service.records.length
    for (const [index, { kind, raw }] of order.entries()) {
      await sleep(shortestRestMs * (longestRestMs / shortestRestMs) ** (quick ? random() / 3 : random()))
      const ms = shortestMs * (longestMs / shortestMs) ** random()
      const truth = await inject(service, kind, ms, [], raw)
      if (truth === undefined) log(`${kind} of ${round(ms, 0)} ms could not be injected`)
      else truths.push(truth)
      if ((index + 1) % 20 === 0) log(`${index + 1} of ${order.length} injected`)
    }
    await sleep(1500)
    const judged = truths.filter(({ from, to }) => to - from >= thresholdMs + 5).map((truth) => judge(truth, service))
    const matched = new Set(judged.flatMap((one) => one.matched.slice(0, 1)))
    return { judged, others: service.records.slice(before).filter((record) => !matched.has(record)) }
  } finally {
    service.stop()
  }
}

/** How late after its beginning each stall was reported that lasted until then, ms. */
const delays = (judged: ReadonlyArray<Judged>, isIt: (truth: Truth) => boolean): ReadonlyArray<number> =>
  judged.flatMap(({ reportMs, truth }) => (reportMs === undefined || !isIt(truth) ? [] : [reportMs]))

const runAtRest = async (log: (line: string) => void, quick: boolean) => {
  const { judged, others } = await injectAtRest(quick, log)
  const falseAlarms = others.filter(({ cause }) => !["os-starved", "suspended", "gc"].includes(cause))
  const rows = [false, true].flatMap((raw) => {
    const of = judged.filter(({ truth }) => truth.raw === raw)
    return insideKinds
      .filter((kind) => of.some(({ truth }) => truth.kind === kind))
      .map((kind) => [raw ? `event: ${kind}` : kind, ...rowOf(kind, of).slice(1)])
  })
  log(
    table([
      ["at rest", "injected", "detected", "fiber", "class", "line", "report p50 ms", "p99 ms", "error p99 ms"],
      ...rows
    ])
  )
  for (const { matched, reportMs, truth } of judged) {
    const [first] = matched
    const is = (right: boolean, what: string): string => (right ? "" : ` ${what}`)
    const wrong =
      first === undefined
        ? " no record"
        : is(matched.length === 1, "records") +
          is(isRightFiber(truth, first), "fiber") +
          is(isRightClass(truth, first), "class")
    if (wrong === "" && (reportMs ?? 0) <= (truth.raw ? 1100 : thresholdMs + 40)) continue
    log(
      `${truth.raw ? "event: " : ""}${truth.kind} of ${round(truth.to - truth.from, 0)} ms, reported after ${reportMs === undefined ? "its end" : `${round(reportMs, 0)} ms`}:${wrong}`
    )
    for (const record of matched) log(`  ${describe(record)}`)
  }
  for (const record of falseAlarms) log(`false alarm: ${describe(record)}`)
  const errors = judged.flatMap(({ matched, truth }) =>
    matched.length === 0 ? [] : [Math.abs(matched[0]!.durationMs - (truth.to - truth.from))]
  )
  const [inFibers, raw] = [delays(judged, (truth) => !truth.raw), delays(judged, (truth) => truth.raw)]
  return {
    bench: "starvation",
    mode: "rest",
    injected: judged.length,
    detected: judged.filter(({ matched }) => matched.length === 1).length,
    falseAlarms: falseAlarms.length,
    rightFiber: share(judged, isRightFiber),
    rightClass: share(judged, isRightClass),
    rightLine: share(judged, ({ kind }, record) => isRightLine(kind, record)),
    fiberReportP50Ms: round(median(inFibers), 1),
    fiberReportMostMs: round(quantile(inFibers, 1), 1),
    eventReportP50Ms: round(median(raw), 1),
    eventReportMostMs: round(quantile(raw, 1), 1),
    totalErrorP99Ms: round(quantile(errors, 0.99), 1)
  }
}

const describe = ({ cause, durationMs, hog, parts }: Record): string =>
  `${cause}, ${round(durationMs, 0)} ms, ${hog.name ?? "nobody"}, ${JSON.stringify(parts)}`

export const run = async (
  log: (line: string) => void,
  { quick, rest }: { readonly quick: boolean; readonly rest: boolean }
): Promise<Readonly<{ readonly [field: string]: unknown }>> => {
  if (rest) return runAtRest(log, quick)
  const injected = await injectAll(quick, log)
  log("a healthy service")
  const healthy = await watchHealthy(quick ? 20 : 300)
  const { judged } = injected
  const isFalse = (gaps: ReadonlyArray<Gap>) => (record: Record) => !isWitnessed(record, gaps)
  const falseAlarms = [
    ...injected.others.filter(isFalse(injected.gaps)),
    ...healthy.others.filter(isFalse(healthy.gaps))
  ]
  const kinds = Object.keys(counts) as ReadonlyArray<Kind>
  log(
    table([
      ["stall", "injected", "detected", "fiber", "class", "line", "report p50 ms", "p99 ms", "error p99 ms"],
      ...kinds.map((kind) => rowOf(kind, judged))
    ])
  )
  for (const { matched, truth } of judged) {
    const [first] = matched
    const isRight =
      first !== undefined &&
      matched.length === 1 &&
      isRightFiber(truth, first) &&
      isRightClass(truth, first) &&
      isRightLine(truth.kind, first)
    if (isRight) continue
    log(`${truth.kind} of ${round(truth.to - truth.from, 0)} ms, ${matched.length} records`)
    for (const record of matched) {
      const { place } = record.hog
      log(`  ${describe(record)}${place === undefined ? "" : `, ${place.file}:${place.line} in ${place.function}`}`)
    }
  }
  for (const { reportMs, truth } of judged) {
    if (reportMs === undefined || reportMs <= thresholdMs + 20) continue
    log(`${truth.kind} of ${round(truth.to - truth.from, 0)} ms reported after ${round(reportMs, 0)} ms`)
  }
  for (const record of falseAlarms) log(`false alarm: ${describe(record)}`)
  for (const record of healthy.others)
    if (!falseAlarms.includes(record)) log(`while healthy, seen by a plain timer too: ${describe(record)}`)
  const told = judged.flatMap(({ reportMs, truth }) =>
    reportMs === undefined || causes[truth.kind] === "suspended" || causes[truth.kind] === "os-starved"
      ? []
      : [reportMs]
  )
  const errors = judged.flatMap(({ matched, truth }) =>
    matched.length === 0 ? [] : [Math.abs(matched[0]!.durationMs - (truth.to - truth.from))]
  )
  return {
    bench: "starvation",
    injected: judged.length,
    detected: judged.filter(({ matched }) => matched.length === 1).length,
    falseAlarms: falseAlarms.length,
    rightFiber: share(judged, isRightFiber),
    rightClass: share(judged, isRightClass),
    rightLine: share(judged, ({ kind }, record) => isRightLine(kind, record)),
    reportDelayP50Ms: round(median(told), 1),
    reportDelayP99Ms: round(quantile(told, 0.99), 1),
    totalErrorP99Ms: round(quantile(errors, 0.99), 1)
  }
}
