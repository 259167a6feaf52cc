/**
 * Loads modules with tasks again and again, as development servers do, while one pool lives on, and prints what the jobs
 * gave. Run by `NodeCompute/reload.test.ts`, with the folder for the modules.
 */
import { writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { pathToFileURL } from "node:url"
import type { Task } from "@giveway/core"
import { Compute, TestCompute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"

const folder = pathToFileURL(`${process.argv[2]!}/`)
const taskModule = import.meta.resolve("@giveway/core/Task")
const schema = import.meta.resolve("effect/Schema")

const write = (name: string, text: string): void => writeFileSync(new URL(name, folder), text)
const load = (name: string): Promise<any> => import(new URL(name, folder).href)

const header = `import * as Task from "${taskModule}"
import * as Schema from "${schema}"
const both = { payload: Schema.Number, success: Schema.Number }
`

// what the test reads
const said: any = {}

const program = Effect.gen(function* () {
  const run = (task: any) =>
    Effect.map(Effect.exit(Compute.run(task as Task.Any, 10 as never)), (exit) =>
      Exit.isSuccess(exit) ? exit.value : String(Cause.squash(exit.cause))
    )
  const both = (task: any) => Effect.all([run(task), Effect.provide(run(task), TestCompute.layer)])
  const loading = (name: string) => Effect.promise(() => load(name))

  // a query
  const scale = (above: string, factor: number) =>
    write(
      "scale.mjs",
      `${header}${above}import { offset } from "./offset.mjs"
      export const scale = Task.make(import.meta.url, "scale", both, (n) => n * ${factor} + offset)`
    )
  write("offset.mjs", "export const offset = 0")
  scale("", 2)
  const first = yield* loading("scale.mjs?t=1")
  said.first = yield* both(first.scale)
  scale("\n// moved\n", 3)
  said.changed = yield* both((yield* loading("scale.mjs?t=2")).scale)
  said.unchanged = yield* both((yield* loading("scale.mjs?t=3")).scale)

  // what the module imports is as new as the module
  write("offset.mjs", "export const offset = 1")
  said.imported = yield* run((yield* loading("scale.mjs?t=4")).scale)

  // two instances of one module that reads its query
  write(
    "rate.mjs",
    `${header}const rate = Number(new URL(import.meta.url).searchParams.get("rate"))
    export const rated = Task.make(import.meta.url, "rated", both, (n) => n * rate)`
  )
  const [three, two] = [(yield* loading("rate.mjs?rate=3")).rated, (yield* loading("rate.mjs?rate=2")).rated]
  said.instances = [yield* run(three), yield* run(two), yield* run(three)]

  // the same URL, as CommonJS and as the loaders of bundlers and test runners have it
  const require = createRequire(import.meta.url)
  const plain = (factor: number, more = "") =>
    write(
      "plain.cjs",
      `const Task = require("${taskModule.replace("file://", "")}")
      const Schema = require("${schema.replace("file://", "")}")
      const both = { payload: Schema.Number, success: Schema.Number }
      exports.scale = Task.make("${new URL("plain.cjs", folder).href}", "scale", both, (n) => n * ${factor})
      ${more}`
    )
  const again = (): any => {
    const path = require.resolve(new URL("plain.cjs", folder).pathname)
    Reflect.deleteProperty(require.cache, path)
    return require(path)
  }
  plain(2)
  said.required = yield* both(again().scale)
  plain(3)
  said.requiredAgain = yield* both(again().scale)
  plain(4, `exports.added = Task.make("${new URL("plain.cjs", folder).href}", "added", both, (n) => n + 1)`)
  const { added, scale: latest } = again()
  said.added = [yield* run(added), yield* run(latest)]

  // functions that make tasks
  write(
    "factory.mjs",
    `${header}export const price = (rate) => Task.make(import.meta.url, "price", both, (n) => n * rate)
    export const full = price(3)`
  )
  write(
    "other.mjs",
    `import { price } from "./factory.mjs"
    export const reduced = price(2)`
  )
  const { full } = yield* loading("factory.mjs")
  const { reduced } = yield* loading("other.mjs")
  said.factory = [yield* run(full), yield* run(reduced)]

  write(
    "named.mjs",
    `${header}const price = (name, rate) => Task.make(import.meta.url, name, both, (n) => n * rate)
    export const [full, reduced] = [price("full", 3), price("reduced", 2)]`
  )
  const named = yield* loading("named.mjs")
  said.named = [yield* run(named.full), yield* run(named.reduced)]

  write(
    "one-line.mjs",
    `${header}export const [full, reduced] = [3, 2].map((rate) =>
      Task.make(import.meta.url, "price", both, (n) => n * rate))`
  )
  said.oneLine = yield* Effect.promise(() => load("one-line.mjs").then(() => "defined", String))

  // this thread cannot tell it from a module that is evaluated again; the worker can
  write(
    "awaits.mjs",
    `${header}const price = (rate) => Task.make(import.meta.url, "price", both, (n) => n * rate)
    export const full = price(3)
    await 1
    export const reduced = price(2)`
  )
  const awaits = yield* loading("awaits.mjs")
  said.awaits = [yield* run(awaits.full), yield* run(awaits.reduced)]

  // on each thread another module has made it
  write(
    "made.mjs",
    `${header}export const make = (rate) => Task.make(import.meta.url, "made", both, (n) => n * rate)
    export const known = Task.make(import.meta.url, "known", both, (n) => n)`
  )
  write(
    "there.mjs",
    `${header}import { make } from "./made.mjs"
    export const there = Task.make(import.meta.url, "there", both, async (n) => n)
    export const run = Task.make(import.meta.url, "run", both, (n) => {
      make(2)
      return n
    })`
  )
  said.warm = yield* run((yield* loading("there.mjs")).run)
  said.made = yield* run((yield* loading("made.mjs")).make(3))

  // code of the module's own that its top level awaits
  write(
    "later.mjs",
    `${header}export let later
    await new Promise((resolve) => setTimeout(() => {
      later = Task.make(import.meta.url, "later", both, (n) => n + 1)
      resolve()
    }))`
  )
  said.later = yield* run((yield* loading("later.mjs")).later)
})

await Effect.runPromise(Effect.provide(program, NodeCompute.layer({ maxWorkers: 1 })))
console.log(JSON.stringify(said))
