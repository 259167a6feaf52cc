/**
 * Which nice value should workers have? The service of the isolation benchmark on our pool, for each value, alone on the
 * machine and beside another program: two processes that do nothing but compute, at the priority that processes have.
 *
 * A high value keeps light requests on the event loop from waiting for workers. A low one gives jobs their share beside the
 * other program. `p99Ratio` is the light p99 against that of nice 19 in the same company; `share` the jobs per second against those of nice 0;
 * `firstJobMs` the time from the start of the pool to the result of its first job. Fresh processes, rounds in turn, medians.
 */
import { spawn } from "node:child_process"
import { load, startServer } from "./measure/isolationClient.ts"
import { median, round, table } from "./statistics.ts"

export const summary =
  "nice values of workers: light requests, jobs and the first job, with and without a competing program"

export const hasQuick = true

/** Three rounds take some five minutes. */
const plans = { full: { rounds: 3, busyMs: 5000 }, quick: { rounds: 1, busyMs: 2000 } }

const values = [0, 5, 10, 15, 19]

const companies = [
  { name: "alone", loops: 0 },
  { name: "beside two loops", loops: 2 }
] as const

interface Measured {
  readonly lightP50Ms: number
  readonly lightP99Ms: number
  readonly jobsPerSec: number
  readonly firstJobMs: number
}

const measure = async (priority: number, busyMs: number): Promise<Measured> => {
  const { firstJobMs, port, stop } = await startServer({ contestant: "giveway", priority })
  try {
    const { heavy, light } = await load(port, busyMs, 4)
    return {
      lightP50Ms: light.p50Ms ?? Number.NaN,
      lightP99Ms: light.p99Ms ?? Number.NaN,
      jobsPerSec: heavy.perSecond,
      firstJobMs
    }
  } finally {
    await stop()
  }
}

/** Runs `use` beside so many processes that compute without end. */
const beside = async <A>(loops: number, use: () => Promise<A>): Promise<A> => {
  const children = Array.from({ length: loops }, () =>
    spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" })
  )
  try {
    return await use()
  } finally {
    for (const child of children) child.kill("SIGKILL")
  }
}

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  const { busyMs, rounds } = quick ? plans.quick : plans.full
  const cases = companies.flatMap((company) => values.map((nice) => ({ company, nice, seen: [] as Array<Measured> })))
  for (let index = 1; index <= rounds; index++) {
    for (const { company, nice, seen } of index % 2 === 0 ? cases.toReversed() : cases) {
      log(`round ${index} of ${rounds}: ${company.name}, nice ${nice}`)
      seen.push(await beside(company.loops, () => measure(nice, busyMs)))
    }
  }
  const medians = cases.map(({ company, nice, seen }) => {
    const of = (key: keyof Measured): number => round(median(seen.map((each) => each[key])))
    return {
      company: company.name,
      nice,
      lightP50Ms: of("lightP50Ms"),
      lightP99Ms: of("lightP99Ms"),
      jobsPerSec: of("jobsPerSec"),
      firstJobMs: of("firstJobMs")
    }
  })
  const other = (company: string, nice: number) =>
    medians.find((each) => each.company === company && each.nice === nice)!
  const results = medians.map((each) => ({
    ...each,
    p99Ratio: round(each.lightP99Ms / other(each.company, 19).lightP99Ms),
    share: round(each.jobsPerSec / other(each.company, 0).jobsPerSec)
  }))
  const columns = [
    "company",
    "nice",
    "lightP50Ms",
    "lightP99Ms",
    "p99Ratio",
    "jobsPerSec",
    "share",
    "firstJobMs"
  ] as const
  log("")
  log(table([columns, ...results.map((result) => columns.map((column) => result[column]))]))
  return { bench: "priority", cases: results }
}
