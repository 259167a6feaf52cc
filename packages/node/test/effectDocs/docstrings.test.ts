/**
 * The examples in Effect's docstrings print and return the same by its own runtime and by ours.
 *
 * Taken are the modules in which order matters most; `GIVEWAY_DOCSTRINGS=Stream,Effect,cli/Command` takes others. An example that has
 * not ended in time under one of the two is not compared: most of those wait for seconds or for ever.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { masked } from "./running.ts"
import type { Name } from "./runtimes.ts"

const modules = process.env["GIVEWAY_DOCSTRINGS"]?.split(",") ?? ["Queue", "Deferred", "Latch", "FiberMap", "Fiber"]

/** What each example prints. */
const printed = async (runtime: Name): Promise<ReadonlyMap<string, string>> => {
  const main = fileURLToPath(new URL("docstrings.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions=giveway-source", main, ...modules], {
    env: { PATH: process.env["PATH"], TZ: "UTC", NODE_NO_WARNINGS: "1", EFFECT_DOCS_RUNTIME: runtime },
    stdio: ["ignore", "pipe", "ignore"]
  })
  let output = ""
  child.stdout.on("data", (data) => (output += String(data)))
  await new Promise((resolve) => child.on("close", resolve))
  const examples = output.split("=== ").slice(1)
  return new Map(
    examples.map((example): [string, string] => {
      const end = example.indexOf("\n")
      return [example.slice(0, end), masked(example.slice(end))]
    })
  )
}

describe("the examples in Effect's docstrings", () => {
  it("print the same", { timeout: 300_000 }, async () => {
    const [byEffect, ...ours] = await Promise.all(
      ["effect", "scheduler", "giveway"].map((name) => printed(name as Name))
    )
    const inTime = (results: ReadonlyMap<string, string>, name: string): boolean =>
      results.get(name)?.includes("not ended") === false
    for (const results of ours) {
      const names = [...byEffect!.keys()].filter((name) => inTime(byEffect!, name) && inTime(results, name))
      expect(names.length).toBeGreaterThan(byEffect!.size / 2)
      for (const name of names) expect(`${name}${results.get(name)}`).toBe(`${name}${byEffect!.get(name)}`)
    }
  })
})
