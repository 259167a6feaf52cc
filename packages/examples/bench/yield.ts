/**
 * What yield points cost, and what they give: each kernel of `kernels/`, compiled from plain source by the hook, against
 * the untouched function. `slowdown` is with slices that never end (the clock is read as always); the slice and ping
 * figures are with slices of 1 ms. Kernels dominated by garbage collection or by large builtin calls, which no yield point
 * can split, are listed `apart` with what they spend it in. `geomean` and `worst` are over all kernels, of slowdowns clamped
 * to 1; `withoutApart` has the same without those. `arrays` has each array method with a callback that does next to nothing and with
 * one of some 100 ns, by the length of the array: CPU time of the compiled call divided by that of the plain one.
 * `libraries` has popular libraries, included: see `measure/compareLibraries.ts`.
 */
import { execFile } from "node:child_process"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { compareLibraries } from "./measure/compareLibraries.ts"
import { median, round, table } from "./statistics.ts"

export const summary = "compiled yield points: slowdown and slices of the kernels"

interface Warm {
  readonly compiled: boolean
  readonly plainMs: number
  readonly slowdown: number
  /** pauses for garbage collection in the plain function's time */
  readonly gcShare: number
  readonly sliceP50Ms?: number
  readonly sliceP99Ms?: number
  readonly sliceMaxMs?: number
  /** without pauses for garbage collection */
  readonly ownSliceP99Ms?: number
  readonly pingP99Ms?: number
}

const execute = promisify(execFile)

const measure = async <A>(program: "arrays" | "kernel", ...given: ReadonlyArray<string>): Promise<A> => {
  const script = fileURLToPath(new URL(`./measure/${program}.ts`, import.meta.url))
  const args = ["--disable-warning=ExperimentalWarning", "--import", "@giveway/node/register", script, ...given]
  const { stdout } = await execute(process.execPath, [...process.execArgv, ...args], {
    cwd: fileURLToPath(new URL(".", import.meta.url))
  })
  return JSON.parse(stdout) as A
}

/** What no yield point can split; these kernels spend much of their time, or their longest slices, in it. */
const unsplittable: Readonly<Record<string, string>> = {
  bintrees: "garbage collection",
  callbacks: "arrays of a million elements, made and grown in one piece",
  json: "garbage collection",
  markdown: "ropes made flat by a join",
  sha256: "a typed array of 4 MB, made and filled in one piece",
  strings: "garbage collection, and a rope made flat"
}

/** A kernel's figure is the median of as many processes: V8 settles differently from one to the next. */
const processes = 3

interface ArrayCall {
  readonly method: string
  readonly callback: "trivial" | "dear"
  readonly length: number
  readonly slowdown: number
  readonly plainNs: number
}

const lengths = [1, 5, 50, 1000, 100_000]

/** The calls of array methods, and the geometric mean and the worst of them by length. */
const arrayCalls = async (log: (line: string) => void) => {
  const calls: Array<ArrayCall> = []
  const byLength: Array<{ readonly length: number; readonly geomean: number; readonly worst: number }> = []
  for (const length of lengths) {
    const found = await measure<ReadonlyArray<ArrayCall>>("arrays", `${length}`)
    calls.push(...found)
    byLength.push({ length, ...overall(found) })
  }
  const columns = byLength.map(({ length }) => `${length}`)
  const rows = calls.filter(({ length }) => length === lengths[0])
  const row = (of: ArrayCall): ReadonlyArray<string | number> =>
    calls.filter((each) => each.method === of.method && each.callback === of.callback).map(({ slowdown }) => slowdown)
  log(table([["array method", "callback", ...columns], ...rows.map((of) => [of.method, of.callback, ...row(of)])]))
  for (const { geomean, length, worst } of byLength) log(`arrays of ${length}: geomean ${geomean}, worst ${worst}`)
  return { calls, byLength }
}

const overall = (kernels: ReadonlyArray<{ readonly slowdown: number }>) => {
  const clamped = kernels.map(({ slowdown }) => Math.max(1, slowdown))
  const geomean = round(Math.exp(clamped.reduce((sum, each) => sum + Math.log(each), 0) / clamped.length), 3)
  return { geomean, worst: Math.max(...clamped) }
}

export const run = async (log: (line: string) => void): Promise<Readonly<Record<string, unknown>>> => {
  const names = readdirSync(new URL("./kernels/", import.meta.url))
    .map((file) => file.replace(/\.ts$/, ""))
    .toSorted()
  const kernels: Array<Readonly<Record<string, unknown>> & { readonly name: string; readonly slowdown: number }> = []
  for (const name of names) {
    const warm: Array<Warm> = []
    const cold = { plain: [] as Array<number>, steppable: [] as Array<number> }
    for (let process = 0; process < processes; process++) {
      warm.push(await measure<Warm>("kernel", name, "warm"))
      cold.plain.push((await measure<{ readonly coldMs: number }>("kernel", name, "cold-plain")).coldMs)
      cold.steppable.push((await measure<{ readonly coldMs: number }>("kernel", name, "cold-steppable")).coldMs)
    }
    const middle = (field: keyof Warm): number =>
      round(median(warm.map((each) => Number(each[field] ?? Number.NaN))), 3)
    kernels.push({
      name,
      compiled: warm[0]!.compiled,
      unsplittable: name in unsplittable,
      plainMs: middle("plainMs"),
      slowdown: middle("slowdown"),
      gcShare: middle("gcShare"),
      coldSlowdown: round(median(cold.steppable) / median(cold.plain), 3),
      sliceP50Ms: middle("sliceP50Ms"),
      sliceP99Ms: middle("sliceP99Ms"),
      sliceMaxMs: middle("sliceMaxMs"),
      ownSliceP99Ms: middle("ownSliceP99Ms"),
      pingP99Ms: middle("pingP99Ms")
    })
    log(`${name}: ${JSON.stringify(kernels[kernels.length - 1])}`)
  }
  const { geomean, worst } = overall(kernels)
  const withoutApart = overall(kernels.filter(({ name }) => !(name in unsplittable)))
  const columns = [
    "name",
    "slowdown",
    "coldSlowdown",
    "gcShare",
    "sliceP50Ms",
    "sliceP99Ms",
    "ownSliceP99Ms",
    "pingP99Ms"
  ]
  log(table([columns, ...kernels.map((kernel) => columns.map((column) => kernel[column] as string | number))]))
  log(`geomean ${geomean}, worst ${worst}`)
  log(`without ${Object.keys(unsplittable).join(", ")}: geomean ${withoutApart.geomean}, worst ${withoutApart.worst}`)
  const apart = Object.entries(unsplittable).map(([name, why]) => ({ name, why }))
  const libraries = await compareLibraries(log)
  const figures = [
    "name",
    "compiled",
    "native",
    "slowdown",
    "coldSlowdown",
    "sizeRatio",
    "sliceP99Ms",
    "timeoutLateMs"
  ] as const
  log(table([[...figures], ...libraries.map((library) => figures.map((figure) => library[figure]))]))
  const { geomean: librariesGeomean } = overall(libraries)
  log(`libraries: geomean ${librariesGeomean}`)
  const arrays = await arrayCalls(log)
  return { bench: "yield", kernels, geomean, worst, withoutApart, apart, libraries, librariesGeomean, arrays }
}
