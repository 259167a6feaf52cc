/**
 * What does it cost to begin? A program that does nothing, under `Giveway.runMain` and under Effect's own; a worker of each kind,
 * from nothing to its first answer; and a burst of jobs for 16 workers that have not started.
 *
 * Each sample is a process of its own, and the kinds take turns, so that a busy machine is busy for all. CPU time of the process is the
 * figure to trust; wall time moves with the neighbours.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import giveway from "@giveway/node/unplugin"
import { rolldown } from "rolldown"
import { beside, bursts, imageMaker, mains, workers } from "./measure/startPrograms.ts"
import { median, quantile, round, table } from "./statistics.ts"

export const summary = "what a program and a worker cost to begin: CPU time, time, memory"
export const hasQuick = true

interface Sample {
  readonly cpuMs: number
  readonly wallMs: number
  readonly mb: number
}

/** Below the packages, so that these are found. */
const cache = fileURLToPath(new URL("../../../node_modules/.cache/", import.meta.url))

const sample = (file: string): Sample => {
  const begun = performance.now()
  const { status, stderr, stdout } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: 60_000 })
  const wallMs = performance.now() - begun
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`)
  return { wallMs, ...(JSON.parse(stdout.trim().split("\n").at(-1)!) as Omit<Sample, "wallMs">) }
}

const figures = (samples: ReadonlyArray<Sample>) => ({
  cpuMs: round(median(samples.map(({ cpuMs }) => cpuMs)), 1),
  cpuP99Ms: round(
    quantile(
      samples.map(({ cpuMs }) => cpuMs),
      0.99
    ),
    1
  ),
  wallMs: round(median(samples.map(({ wallMs }) => wallMs)), 1),
  mb: round(median(samples.map(({ mb }) => mb)), 1)
})

type Figures = ReturnType<typeof figures>

/** Interleaved rounds. The first, which fills caches, does not count. */
const measure = <Name extends string>(files: Readonly<Record<Name, string>>, rounds: number): Record<Name, Figures> => {
  const names = Object.keys(files) as Array<string> as Array<Name>
  const samples = new Map<Name, Array<Sample>>(names.map((name) => [name, []]))
  for (let done = 0; done <= rounds; done++) {
    for (const name of names) {
      const taken = sample(files[name])
      if (done > 0) samples.get(name)!.push(taken)
    }
  }
  return Object.fromEntries(names.map((name) => [name, figures(samples.get(name)!)])) as Record<Name, Figures>
}

const write = <Name extends string>(folder: string, prefix: string, texts: Readonly<Record<Name, string>>) =>
  Object.fromEntries(
    Object.entries<string>(texts).map(([name, text]) => {
      const file = join(folder, `${prefix}-${name}.mjs`)
      writeFileSync(file, text)
      return [name, file]
    })
  ) as Record<Name, string>

const build = async (input: string, dir: string) => {
  const begun = performance.now()
  const bundle = await rolldown({
    input,
    platform: "node",
    external: ["@giveway/node"],
    plugins: [giveway.rolldown()],
    logLevel: "silent"
  })
  await bundle.write({ dir, format: "es" })
  await bundle.close()
  const bytes = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => statSync(join(dir, name)).size)
  return { buildMs: round(performance.now() - begun, 0), sizeKb: round(bytes.reduce((a, b) => a + b, 0) / 1024, 0) }
}

const rowsOf = (found: Readonly<Record<string, Figures>>) =>
  Object.entries(found).map(([name, { cpuMs, cpuP99Ms, mb, wallMs }]) => [name, cpuMs, cpuP99Ms, wallMs, mb])

export const run = async (
  log: (line: string) => void,
  { quick }: { readonly quick: boolean }
): Promise<Readonly<Record<string, unknown>>> => {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "bench-start-"))
  try {
    for (const [name, text] of Object.entries(beside)) writeFileSync(join(folder, name), text)
    const workerFiles = write(folder, "worker", workers)
    const built = join(folder, "built")
    const images = await build(workerFiles.bundled, built)
    const rounds = quick ? 3 : 9
    // the image of an installation is made once, beside a program that lives some seconds
    const [maker] = Object.values(write(folder, "image", { maker: imageMaker }))
    spawnSync(process.execPath, [maker!], { timeout: 60_000 })
    const main = measure(write(folder, "main", mains), rounds)
    const worker = measure({ ...workerFiles, bundled: join(built, "worker-bundled.js") }, rounds)
    const burst = measure(write(folder, "burst", bursts), quick ? 1 : 3)
    const header = ["", "CPU ms", "p99", "ms", "MB"]
    log(table([header, ...rowsOf(main), ...rowsOf(worker), ...rowsOf(burst)]))
    const over = (a: number, b: number): number => round(a / b)
    const ratios = {
      mainCpu: over(main.giveway.cpuMs, main.effectNarrow.cpuMs),
      mainMemory: over(main.giveway.mb, main.effectNarrow.mb),
      bundledCpu: over(worker.bundled.cpuMs, worker.bare.cpuMs),
      bundledMemory: over(worker.bundled.mb, worker.bare.mb),
      unbundledCpu: over(worker.unbundled.cpuMs, worker.bare.cpuMs),
      unbundledMemory: over(worker.unbundled.mb, worker.bare.mb),
      burst: over(burst.giveway.wallMs, burst.piscina.wallMs)
    }
    log(
      Object.entries(ratios)
        .map(([name, ratio]) => `${name} ${ratio}`)
        .join(", ")
    )
    return {
      bench: "start",
      main,
      worker,
      burst: { jobsMs: burst.giveway.wallMs, piscinaMs: burst.piscina.wallMs },
      images,
      ratios
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
