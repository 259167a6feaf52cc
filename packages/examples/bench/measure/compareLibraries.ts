/**
 * Popular libraries, as they are installed and with `include`: what yield points cost there, and what they give.
 *
 * `compiled`, `native` and `refused` count functions of the files that were loaded; `sizeRatio` is the compiled code by the source.
 */
import type { ChildProcess } from "node:child_process"
import { execFile, fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { median, round } from "../statistics.ts"
import { libraries } from "./libraries.ts"
import type { Question } from "./library.ts"

const execute = promisify(execFile)
const examples = fileURLToPath(new URL("../..", import.meta.url))

const start = (name: string, compiled: boolean): ChildProcess =>
  fork(fileURLToPath(new URL("./library.ts", import.meta.url)), [name], {
    cwd: examples,
    execArgv: [...process.execArgv, ...(compiled ? ["--import", "@giveway/node/register"] : [])]
  })

const next = async <A>(child: ChildProcess): Promise<A> => {
  const [{ value }] = (await once(child, "message")) as [{ readonly value: A }]
  return value
}

const ask = <A>(child: ChildProcess, question: Question): Promise<A> => {
  child.send(question)
  return next<A>(child)
}

interface Round {
  readonly ms: number
  readonly digest: unknown
}

/** V8 settles in the first of them. */
const warmUp = 5
const measured = 15

const counts = async (files: ReadonlyArray<string>) => {
  const cli = fileURLToPath(new URL("../../../node/bin/giveway.js", import.meta.url))
  const args = [cli, "compile", "--json", "--code", ...files]
  const { stdout } = await execute(process.execPath, args, { cwd: examples, maxBuffer: 1e9 }).catch(
    (error: { readonly stdout: string }) => error
  )
  const reports = JSON.parse(stdout) as ReadonlyArray<{
    readonly functions: ReadonlyArray<{ readonly form: string }>
    readonly code: string
  }>
  const forms = reports.flatMap(({ functions }) => functions.map(({ form }) => form))
  const count = (...of: ReadonlyArray<string>): number => forms.filter((form) => of.includes(form)).length
  const source = files.reduce((sum, file) => sum + readFileSync(file, "utf8").length, 0)
  return {
    compiled: count("re-entrant", "generator"),
    native: count("native"),
    refused: count("refused"),
    sizeRatio: round(reports.reduce((sum, { code }) => sum + code.length, 0) / source, 2)
  }
}

export interface Figures {
  readonly name: string
  readonly compiled: number
  readonly native: number
  readonly refused: number
  /** whether the function that the benchmark calls has yield points itself */
  readonly entry: boolean
  readonly plainMs: number
  readonly slowdown: number
  readonly coldSlowdown: number
  readonly sizeRatio: number
  readonly sliceP99Ms: number
  readonly sliceMaxMs: number
  readonly timeoutLateMs: number
}

const compare = async (name: string): Promise<Figures> => {
  const plain = start(name, false)
  await next(plain)
  const compiled = start(name, true)
  const entry = await next<boolean>(compiled)
  const plainMs: Array<number> = []
  const ratios: Array<number> = []
  let cold = 1
  for (let i = 0; i < warmUp + measured; i++) {
    const one = await ask<Round>(plain, "round")
    const other = await ask<Round>(compiled, "round")
    if (one.digest !== other.digest) throw new Error(`${name}: the compiled library gives another result`)
    if (i === 0) cold = other.ms / one.ms
    if (i < warmUp) continue
    plainMs.push(one.ms)
    ratios.push(other.ms / one.ms)
  }
  const slices = await ask<Pick<Figures, "sliceP99Ms" | "sliceMaxMs">>(compiled, "slices")
  const late = await ask<number>(compiled, "timeout")
  const files = await ask<ReadonlyArray<string>>(compiled, "files")
  plain.kill()
  compiled.kill()
  return {
    name,
    ...(await counts(files)),
    entry,
    plainMs: round(median(plainMs), 1),
    slowdown: round(median(ratios), 3),
    coldSlowdown: round(cold, 3),
    sliceP99Ms: round(slices.sliceP99Ms, 2),
    sliceMaxMs: round(slices.sliceMaxMs, 2),
    timeoutLateMs: round(late, 1)
  }
}

export const compareLibraries = async (log: (line: string) => void): Promise<ReadonlyArray<Figures>> => {
  const all: Array<Figures> = []
  for (const name of Object.keys(libraries)) {
    const figures = await compare(name)
    all.push(figures)
    log(`${name}: ${JSON.stringify(figures)}`)
  }
  return all
}
