/**
 * What becomes of everybody when a job goes wrong? The crash matrix: each trouble (`measure/troubles.ts`) in each pool, in a
 * process of its own; its caller, four jobs queued behind it, a job that runs on the other worker, and the next job.
 *
 * A cell is `ok`, or it says what is wrong. "hangs": no answer within seconds. "process dies": the whole program ended.
 */
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runChild } from "./measure/child.ts"
import type { ChildEnd } from "./measure/child.ts"
import { concerned, troubles } from "./measure/troubles.ts"
import type { Cell, Row, TroubleName } from "./measure/troubles.ts"
import { variable } from "./pools/breakage.ts"
import { peers } from "./pools/contestants.ts"
import type { ContestantName } from "./pools/contestants.ts"
import { table } from "./statistics.ts"

export const summary = "the crash matrix: what becomes of a job's caller and neighbours when it goes wrong"

/** The harness itself gives up after some 10 s. */
const boundMs = 15_000

/** As many processes at a time: they mostly wait. */
const atATime = 2

/** Eight jobs per worker is piscina again, with worse company. */
const contestants: ReadonlyArray<ContestantName> = [
  "giveway",
  ...peers.filter((name) => name !== "piscina 8 per worker")
]

/** It has no way to limit a worker's memory: its worker would take what the process has. */
const cannotLimit: ReadonlySet<ContestantName> = new Set(["multithreading"])

const everywhere = (cell: Cell): Row => ({ caller: cell, queued: cell, running: cell, next: cell })

const rowOf = (end: ChildEnd<Row>): Row => {
  switch (end._tag) {
    case "Result":
      return end.value
    case "Hung":
      return everywhere({ right: false, what: "process hangs" })
    case "Ended":
      return everywhere({ right: false, what: "process dies" })
  }
}

const breakageOf = (name: ContestantName, trouble: TroubleName): Readonly<Record<string, string>> => {
  if (trouble === "throwsAtLoad") return { [variable]: "throws" }
  // a file that does not exist yet: who creates it dies
  const marker = join(tmpdir(), `giveway-bench-${process.pid}-${name.replaceAll(" ", "-")}`)
  return trouble === "diesAtLoad" ? { [variable]: marker } : {}
}

const measure = async (name: ContestantName, trouble: TroubleName): Promise<Row> => {
  if (trouble === "exhausts" && cannotLimit.has(name)) {
    return { ...everywhere({ right: true, what: "–" }), caller: { right: false, what: "no limit" } }
  }
  return rowOf(
    await runChild<Row>({ script: "crash.ts", args: [name, trouble], boundMs, env: breakageOf(name, trouble) })
  )
}

export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  const names = Object.keys(troubles) as ReadonlyArray<TroubleName>
  const matrix = new Map<ContestantName, Map<TroubleName, Row>>(contestants.map((name) => [name, new Map()]))
  const turns = names.flatMap((trouble) => contestants.map((name) => ({ name, trouble })))
  const total = turns.length
  const work = async (): Promise<void> => {
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      const row = await measure(turn.name, turn.trouble)
      matrix.get(turn.name)!.set(turn.trouble, row)
      const cells = concerned.map((who) => `${who}: ${row[who].what}`).join("; ")
      log(`${total - turns.length} of ${total}: ${turn.name}, ${troubles[turn.trouble].title}: ${cells}`)
    }
  }
  await Promise.all(Array.from({ length: atATime }, work))

  const rows: Array<ReadonlyArray<string>> = [["", "", ...contestants]]
  for (const trouble of names) {
    for (const who of concerned) {
      const title = who === "caller" ? troubles[trouble].title : ""
      const cells = contestants.map((name) => matrix.get(name)!.get(trouble)![who])
      rows.push([title, who].concat(cells.map(({ right, what }) => (right ? (what === "–" ? what : "ok") : what))))
    }
  }
  log("")
  log(table(rows))

  const rightOf = (name: ContestantName): number =>
    [...matrix.get(name)!.values()].flatMap((row) => concerned.filter((who) => row[who].right)).length
  const cells = names.length * concerned.length
  log("")
  for (const name of contestants) log(`${name}: ${rightOf(name)} of ${cells} right`)
  const objectOf = (name: ContestantName) => Object.fromEntries(matrix.get(name)!)
  return {
    bench: "crash",
    cells,
    oursRight: rightOf("giveway"),
    ours: objectOf("giveway"),
    peersRight: Object.fromEntries(contestants.slice(1).map((name) => [name, rightOf(name)])),
    peers: Object.fromEntries(contestants.slice(1).map((name) => [name, objectOf(name)]))
  }
}
