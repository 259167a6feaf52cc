/**
 * The load generator: a process of its own, so that it neither waits for the service nor makes it wait. One argument,
 * a `LoadPlan` as JSON; lines of `LoadLine` on standard output. No Effect in here: it must start in no time and cost
 * next to nothing while it measures.
 *
 * Light requests are an open loop. Heavy ones are a closed loop per connection, which keeps the service saturated, or an open loop as well,
 * which asks for a share of its cores.
 */
import { cpus } from "node:os"
import { createHistogram } from "node:perf_hooks"
import { Connection, ConnectionPool, encodeGet } from "./connection.ts"
import type { Answer, Target } from "./connection.ts"
import type { LoadLine, LoadPlan } from "./LoadReport.ts"
import { latencies, OpenLoop, percentileMs, recordMs } from "./openLoop.ts"

/** Connections for heavy requests on a schedule: enough for a service that falls behind all the time. */
const heavySchedule = 256

/** After a failed heavy request, so that a service that is down is not asked in a busy loop. */
const retryMs = 50

const progressMs = 500

const print = (line: LoadLine): void => console.log(JSON.stringify(line))
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Busy and total ms of all cores since the machine started. */
const coreTimes = (): { readonly busy: number; readonly total: number } => {
  let busy = 0
  let total = 0
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle
    total += all
    busy += all - times.idle
  }
  return { busy, total }
}

const failure = (answer: Answer): string | undefined => {
  if (answer.error !== undefined) return answer.error
  return answer.status === 200 ? undefined : `status ${answer.status}: ${answer.body.toString("utf8", 0, 200)}`
}

/** The closed loops: counts what completes from `from` until `to`. */
class Heavy {
  readonly waits = createHistogram()
  done = 0
  failed = 0
  firstError: string | null = null
  #stopped = false
  #next = 0
  #connections = new Set<Connection>()

  start(target: Target, plan: LoadPlan, from: number, to: number): void {
    const requests = plan.heavyPaths.map((path) => encodeGet(target, path))
    const loop = (connection: Connection): void => {
      if (this.#stopped) return
      if (connection.closed) {
        this.#connections.delete(connection)
        setTimeout(() => this.#stopped || loop(this.#open(target)), retryMs)
        return
      }
      const started = performance.now()
      connection.get(requests[this.#next++ % requests.length]!, (answer) => {
        const now = performance.now()
        const error = failure(answer)
        const counts = now >= from && now < to
        if (error !== undefined) {
          this.firstError ??= error
          if (counts) this.failed += 1
          setTimeout(loop, retryMs, connection)
          return
        }
        if (counts) {
          this.done += 1
          recordMs(this.waits, now - started)
        }
        loop(connection)
      })
    }
    for (let index = 0; index < plan.heavyConnections; index++) loop(this.#open(target))
  }

  stop(): void {
    this.#stopped = true
    for (const connection of this.#connections) connection.close()
  }

  #open(target: Target): Connection {
    const connection = new Connection(target)
    this.#connections.add(connection)
    return connection
  }
}

interface Sample {
  readonly at: number
  readonly cores: { readonly busy: number; readonly total: number }
  readonly own: NodeJS.CpuUsage
  /** what the service says of itself, with its own clock: under load it answers late, and still right */
  readonly service: Promise<ServiceTimes | undefined>
}

interface ServiceTimes {
  readonly nowMs: number
  readonly cpuMs: number
}

/** A service whose loop never turns again has no times: `undefined` after `limitMs`. */
const sample = (connection: Connection, request: Buffer, limitMs: number): Sample => ({
  at: performance.now(),
  cores: coreTimes(),
  own: process.cpuUsage(),
  service: new Promise((resolve, reject) => {
    void sleep(limitMs).then(() => resolve(undefined))
    connection.get(request, (answer) => {
      const error = failure(answer)
      if (error === undefined && answer.error === undefined) resolve(JSON.parse(answer.body.toString()))
      else reject(new Error(`GET stats: ${error}`))
    })
  })
})

const cpuBetween = async (before: Sample, after: Sample) => {
  const cores = cpus().length
  const [first, last] = await Promise.all([before.service, after.service])
  const spentMs = first === undefined || last === undefined ? undefined : last.cpuMs - first.cpuMs
  const own = after.own.user + after.own.system - before.own.user - before.own.system
  return {
    allPercent: (100 * (after.cores.busy - before.cores.busy)) / (after.cores.total - before.cores.total),
    servicePercent: spentMs === undefined ? null : (100 * spentMs) / (last!.nowMs - first!.nowMs) / cores,
    generatorPercent: (100 * own) / 1000 / (after.at - before.at) / cores
  }
}

const main = async (plan: LoadPlan): Promise<void> => {
  const target = { host: plan.host, port: plan.port }
  const pool = new ConnectionPool(target)
  await pool.open(plan.lightConnections)
  const heavyPool = new ConnectionPool(target)
  if (plan.heavyPerSecond > 0) await heavyPool.open(heavySchedule)
  const start = performance.now()
  const from = start + plan.warmupMs
  const to = from + plan.measureMs

  const light = new OpenLoop({ from, start, to }, plan.lightPerSecond)
  const ping = encodeGet(target, plan.lightPath)
  let firstError: string | null = null
  const sending = setInterval(() => {
    for (const due of light.take(performance.now())) {
      pool.get(ping, (answer) => {
        const error = failure(answer)
        if (error !== undefined) firstError ??= error
        light.answered(due, performance.now(), error === undefined)
      })
    }
  }, 1)

  const heavy = new Heavy()
  heavy.start(target, plan, from, to)

  const scheduled = new OpenLoop({ from, start, to }, Math.max(plan.heavyPerSecond, 1e-9))
  const heavyRequests = plan.heavyPaths.map((path) => encodeGet(target, path))
  let next = 0
  const sendingHeavy = setInterval(() => {
    if (plan.heavyPerSecond === 0) return
    for (const due of scheduled.take(performance.now())) {
      heavyPool.get(heavyRequests[next++ % heavyRequests.length]!, (answer) => {
        const now = performance.now()
        scheduled.answered(due, now, failure(answer) === undefined)
        if (now >= from && now < to && failure(answer) === undefined) heavy.done += 1
      })
    }
  }, 1)

  const progress = setInterval(() => {
    const now = performance.now()
    const phase = now < from ? "warm-up" : now < to ? "measuring" : "draining"
    const leftMs = Math.max(0, (now < from ? from : to) - now)
    print({ _tag: "Progress", heavyDone: heavy.done, leftMs, lightWaiting: light.pending, phase })
  }, progressMs)

  const statsConnection = new Connection(target)
  const stats = encodeGet(target, plan.statsPath)
  await sleep(from - performance.now())
  const before = sample(statsConnection, stats, plan.measureMs)
  before.service.catch(() => undefined)
  await sleep(to - performance.now())
  await before.service
  const cpu = await cpuBetween(before, sample(statsConnection, stats, plan.drainMs))

  // the heavy load goes on meanwhile, so that the last light requests wait as long as all others
  while (light.pending > 0 && performance.now() < to + plan.drainMs) await sleep(5)
  heavy.stop()
  clearInterval(sending)
  clearInterval(sendingHeavy)
  heavyPool.close()
  clearInterval(progress)
  const unanswered = light.close(performance.now())
  pool.close()
  statsConnection.close()

  print({
    _tag: "Result",
    cpu,
    heavy: {
      ...latencies(heavy.waits),
      done: heavy.done,
      failed: heavy.failed,
      firstError: heavy.firstError,
      perSecond: (1000 * heavy.done) / plan.measureMs
    },
    light: {
      ...latencies(light.waits),
      failed: light.failed,
      firstError,
      scheduled: light.scheduled,
      sentLateP99Ms: percentileMs(light.lateness, 99),
      unanswered
    }
  })
}

await main(JSON.parse(process.argv[2]!) as LoadPlan)
// a limit of a sample may still run
process.exit()
