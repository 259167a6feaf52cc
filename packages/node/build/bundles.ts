/**
 * Writes the files that Node runs: `npm run build` calls it after `tsc`.
 *
 * Node takes about 0.7 ms of CPU time for each file of a program, most of it to find and link the file. So the modules of a package
 * are joined here into a few files below `dist/run`, and the package's `exports` name these for Node. Threads that share no module
 * with the program get one file each. The files that `tsc` writes stay beside them: bundlers for browsers take those, since they can
 * leave out a file of which nothing is used.
 *
 * **Invariants**
 * - There is one instance of each module: all entries of a package that can meet in one thread come from one build, which shares chunks.
 *   The packages themselves, Effect, and all other dependencies stay outside.
 * - A module finds the files beside it as before: `import.meta.url` is the URL that it has without this build.
 *
 * Rejected: to bundle Effect too (the program imports it itself, and two instances do not know each other's fibers); to ship the
 * joined files only (statements of an unused module stay in a bundle, and with them Effect's Schema).
 *
 * Decision 0149.
 */
import { readdirSync, rmSync } from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import { fileURLToPath } from "node:url"
import type { InputOptions, Plugin } from "rolldown"
import { rolldown } from "rolldown"

const packages = fileURLToPath(new URL("../../", import.meta.url))

const modulesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder).flatMap((name) => /^(\w+)\.ts$/.exec(name)?.[1] ?? [])

/** Stands for `import.meta.url` until it is known in which file the code lies. */
const mark = "__giveway_place"

interface Place {
  readonly start: number
  readonly end: number
}

/** Where the code, and no text or comment, says `import.meta.url`. */
const placesIn = (node: unknown): ReadonlyArray<Place> => {
  if (typeof node !== "object" || node === null) return []
  const { object, property, type } = node as {
    readonly type?: string
    readonly object?: { readonly type: string }
    readonly property?: { readonly name?: string }
  }
  if (type === "MemberExpression" && object?.type === "MetaProperty" && property?.name === "url") return [node as Place]
  return Object.values(node).flatMap(placesIn)
}

/** Has each module say the place that it has in the output of `tsc`. A bundle of CommonJS, made of these files, has no place. */
const truePlaces = (source: string, dist: string): Plugin => ({
  name: "true-places",
  transform(code, id) {
    if (!id.startsWith(packages) || !code.includes("import.meta.url")) return null
    const places = placesIn(this.parse(code, { lang: "ts" }))
    if (places.length === 0) return null
    if (!id.startsWith(source)) throw new Error(`${id} asks for its place, and has none in a file of another package`)
    const path = relative(source, id).replace(/\.ts$/, ".js")
    const marked = places
      .toReversed()
      .reduce(
        (text, { end, start }) => `${text.slice(0, start)}${mark}(${JSON.stringify(path)})${text.slice(end)}`,
        code
      )
    return { code: marked, map: null }
  },
  renderChunk: (code, { fileName }) => {
    if (!code.includes(mark)) return null
    const from = dirname(join(dist, fileName))
    const place = (_: string, path: string): string => {
      const to = relative(from, join(dist, path))
      return `(import.meta.url && new URL(${JSON.stringify(to.startsWith(".") ? to : `./${to}`)}, import.meta.url).href)`
    }
    return { code: code.replaceAll(new RegExp(`${mark}\\("([^"]+)"\\)`, "g"), place), map: null }
  }
})

const isForeign = (id: string): boolean => !/^[./]/.test(id)

/** The modules that an entry needs before it can begin. */
const neededBy = async (options: InputOptions, entry: string): Promise<ReadonlySet<string>> => {
  const build = await rolldown({ ...options, input: entry })
  const { output } = await build.generate({ format: "es" })
  await build.close()
  const chunks = new Map(output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])))
  const first = output.find((file) => file.type === "chunk" && file.isEntry)!
  const reached = new Set([first.fileName])
  // what it imports when it runs is not needed
  for (const name of reached) for (const each of chunks.get(name)?.imports ?? []) reached.add(each)
  return new Set(Array.from(reached, (name) => chunks.get(name)?.moduleIds ?? []).flat())
}

interface Bundle {
  /** the package */
  readonly of: string
  /** entries below `src`, without an extension */
  readonly entries: ReadonlyArray<string>
  readonly external: (id: string) => boolean
  /**
   * Entries below `src`: the modules that one needs are one file, but for those of the entries before it. Several in one: the modules
   * that all of these need.
   */
  readonly wholes: ReadonlyArray<string | ReadonlyArray<string>>
  /** the folder below `dist` of the file with the code of an entry */
  readonly folderOf: (entry: string) => string
}

const write = async ({ entries, external, folderOf, of, wholes }: Bundle): Promise<void> => {
  const source = join(packages, of, "src/")
  const dist = join(packages, of, "dist/")
  const options: InputOptions = {
    platform: "node",
    external,
    tsconfig: false,
    // a file that contains a part of core has it from its sources
    resolve: { conditionNames: ["giveway-source", "node", "import"] },
    transform: { target: "es2024" },
    plugins: [truePlaces(source, dist)]
  }
  const groups = []
  for (const [index, whole] of wholes.entries()) {
    const names = [whole].flat()
    let needed: Set<string> | undefined
    for (const name of names) {
      const entry = join(source, `${name}.ts`)
      const own = new Set(await neededBy(options, entry))
      // to load a shared file must not begin the work of a thread
      if (entries.includes(name) || name.startsWith("entry/")) own.delete(entry)
      needed = needed === undefined ? own : new Set([...needed].filter((id) => own.has(id)))
    }
    groups.push({
      name: `with${names.map((name) => basename(name)).join("And")}`,
      test: (id: string) => needed?.has(id) === true,
      priority: wholes.length - index
    })
  }
  const input = Object.fromEntries(entries.map((entry) => [entry, join(source, `${entry}.ts`)]))
  const build = await rolldown({ ...options, input })
  await build.write({
    dir: dist,
    format: "es",
    sourcemap: true,
    entryFileNames: ({ name }) => `${folderOf(name)}${name}.js`,
    chunkFileNames: "run/chunks/[name].js",
    ...(groups.length === 0 ? {} : { codeSplitting: { groups } })
  })
  await build.close()
}

const beside = (): string => ""
const inRun = (): string => "run/"

const publicIn = (of: string): ReadonlyArray<string> => modulesIn(join(packages, of, "src"))

const modulesBelow = (folder: string): ReadonlyArray<string> =>
  modulesIn(join(packages, "core", "src", folder)).map((name) => `${folder}/${name}`)

/** These threads, and the compiler's hook, import nothing but Node and the part of core that needs no Effect. */
const alone = ["entry/sysmon", "entry/diagnostics", "entry/image", "compiler/host/register"]

/** Where Node is told to begin by a path. The files that `tsc` has written there are replaced. */
const begun = ["cli/main", "compiler/host/unplugin", "entry/computeWorker", "entry/jobLoop", "entry/doctor"]

const builds: Readonly<Record<string, ReadonlyArray<Bundle>>> = {
  core: [
    {
      of: "core",
      entries: [...publicIn("core"), ...["platform", "testing"].flatMap(modulesBelow)],
      external: isForeign,
      wholes: ["Sysmon", "YieldPoint", "Steppable", "platform/Start", "PlatformWorker", "Platform"],
      folderOf: inRun
    }
  ],
  node: [
    {
      of: "node",
      entries: [...publicIn("node"), ...begun],
      external: isForeign,
      wholes: [
        ["entry/jobLoop", "Giveway"],
        "Giveway",
        ["entry/jobLoop", "NodeCompute"],
        "NodeCompute",
        "entry/jobLoop"
      ],
      folderOf: (name) => (begun.includes(name) ? "" : "run/")
    },
    ...alone.map((entry) => ({
      of: "node",
      entries: [entry],
      external: (id: string) => isForeign(id) && !id.startsWith("@giveway/core/"),
      wholes: [],
      folderOf: beside
    }))
  ]
}

const chosen = process.argv.slice(2)
for (const [of, bundles] of Object.entries(builds)) {
  if (chosen.length > 0 && !chosen.includes(of)) continue
  rmSync(join(packages, of, "dist", "run"), { recursive: true, force: true })
  for (const bundle of bundles) await write(bundle)
}
