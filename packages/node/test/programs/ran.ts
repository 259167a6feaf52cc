/**
 * Prints whether it is compiled and its arguments, and ends as the first says: by itself, with 3, at SIGTERM with 7, or never.
 */
import { Pure } from "@giveway/core"

const sum = Pure.fn("sum", (n: number) => {
  let s = 0
  for (let i = 0; i < n; i++) s += i
  return s
})

const [how, ...rest] = process.argv.slice(2)
if (how === "waits" || how === "cleans") setInterval(() => {}, 1000)
if (how === "cleans") {
  process.once("SIGTERM", () => {
    console.log("cleaned")
    process.exit(7)
  })
}
console.log(JSON.stringify({ compiled: Pure.isCompiled(sum), rest }))
if (how === "fails") process.exit(3)
