/**
 * Bugs of Effect itself under controlled schedules: each program of `effectRaces/races.ts` on the last published version that has the bug, and on
 * the first that has not. Versions are installed from npm's registry into a folder under the system's temporary folder.
 */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import type { Race } from "./effectRaces/races.ts"
import { races } from "./effectRaces/races.ts"
import { folderOf } from "./effectRaces/versions.ts"
import { median } from "./statistics.ts"

export const summary = "bugs of Effect's own past versions, found on the last that has each"
export const hasQuick = true

interface Outcome {
  readonly _tag: "Found" | "Held" | "Uncontrolled" | "BadToken"
  readonly problem?: string
  readonly schedule?: number
  readonly strategy?: string
  readonly token?: string
  readonly trace?: ReadonlyArray<string>
}

/** A search holds its thread, so a program that ends no schedule would hold the benchmark: each runs in a process. */
const inFolder = async (version: string, { name }: Race, schedules: number, token?: string): Promise<Outcome> => {
  const args = ["run.ts", name, String(schedules), ...(token === undefined ? [] : [token])]
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folderOf(version), timeout: 120_000 })
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Outcome
}

export const run = async (log: (line: string) => void, { quick }: { readonly quick: boolean }) => {
  const schedules: Array<number> = []
  let foundOnOld = 0
  let reportedOnNew = 0
  let exact = 0
  for (const race of races) {
    const old = await inFolder(race.broken, race, 1000)
    if (old._tag === "Found") {
      foundOnOld++
      schedules.push(old.schedule!)
      const again = await inFolder(race.broken, race, 1, old.token)
      if (again.problem === old.problem && again.trace?.join() === old.trace?.join()) exact++
    }
    const mended = await inFolder(race.mended, race, quick ? 1000 : 10_000)
    if (mended._tag !== "Held") {
      reportedOnNew++
      log(`reported on ${race.mended}: ${JSON.stringify(mended)}`)
    }
    const told = old._tag === "Found" ? `schedule ${old.schedule} (${old.strategy}): ${old.problem}` : "not found"
    log(
      `${race.source === undefined ? "found here" : `#${race.source}`}, ${race.broken}: ${race.name}\n  ${told}, ${old.token}`
    )
  }
  return {
    bench: "effect-races",
    bugs: races.length,
    foundOnOld,
    reportedOnNew,
    medianSchedules: median(schedules),
    replaysExact: exact
  }
}
