/**
 * Does `Compute.auto` find the best placement? Calls of a pure function from 1 µs to 1 s, and mixes of them, from one
 * fiber and from 16 at once: `Compute.auto`, which has to learn, against the three fixed placements: the plain function
 * on the event loop, in slices, and as a job on a worker. `ratioToBest` is its total time over that of the best of them;
 * the stall is what it did to the event loop.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { table } from "./statistics.ts"

export const summary = "Compute.auto beside fixed placements: inline, in slices, on workers"

interface Cell {
  /** microseconds of a call, as text for a mix */
  readonly costUs: number | string
  readonly concurrency: number
  readonly calls: number
  readonly autoMs: number
  readonly inlineMs: number
  readonly slicedMs: number
  readonly workerMs: number
  readonly ratioToBest: number
  readonly maxStallMs: number
}

interface Measured {
  readonly cells: ReadonlyArray<Cell>
  readonly sliceMs: number
}

const execute = promisify(execFile)

export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  log("18 cells, about two minutes …")
  const script = fileURLToPath(new URL("./measure/auto.ts", import.meta.url))
  const { stdout } = await execute(
    process.execPath,
    [...process.execArgv, "--import", "@giveway/node/register", script],
    { cwd: fileURLToPath(new URL(".", import.meta.url)) }
  )
  const { cells, sliceMs } = JSON.parse(stdout) as Measured
  const columns = ["costUs", "concurrency", "autoMs", "inlineMs", "slicedMs", "workerMs", "ratioToBest", "maxStallMs"]
  log(table([columns, ...cells.map((cell) => columns.map((column) => cell[column as keyof Cell]))]))
  const worstRatio = Math.max(...cells.map((cell) => cell.ratioToBest))
  const maxStallMs = Math.max(...cells.map((cell) => cell.maxStallMs))
  log(`worst ratio ${worstRatio}, longest stall ${maxStallMs} ms of turns of ${sliceMs} ms`)
  return { bench: "auto", costs: cells, worstRatio, maxStallMs, sliceMs }
}
