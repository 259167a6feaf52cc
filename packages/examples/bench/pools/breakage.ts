/**
 * How a module of jobs goes wrong while a worker loads it, for the crash benchmark, which says what it wants in the
 * environment. Without that nothing happens, and on the main thread never.
 */
import { writeFileSync } from "node:fs"
import { isMainThread } from "node:worker_threads"

export const variable = "GIVEWAY_BENCH_BREAKAGE"

const breakage = process.env[variable]

if (!isMainThread && breakage === "throws") throw new Error("the module of the jobs is broken")

if (!isMainThread && breakage !== undefined && breakage !== "throws") {
  // the path of a file that the first worker to get here creates, and dies
  let first = true
  try {
    writeFileSync(breakage, "", { flag: "wx" })
  } catch {
    first = false
  }
  if (first) process.exit(4)
}
