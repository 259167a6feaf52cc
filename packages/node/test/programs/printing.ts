/**
 * Prints more lines than a pipe holds, and long texts, says so, and prints one line more when it is told to.
 */
import * as standardError from "../../src/output/standardError.ts"

for (let i = 0; i < 5000; i++) standardError.print(`line ${i} ${"x".repeat(100)}`)
standardError.printLong(`${"long ".repeat(100_000)}\n`)
// nobody reads the first, and a second does not wait beside it
const before = process.memoryUsage().arrayBuffers
const dump = `${"dump ".repeat(1_000_000)}\n`
for (let i = 0; i < 100; i++) standardError.printLong(dump)
if (process.memoryUsage().arrayBuffers > before + 100_000_000) throw new Error("each text that waits is kept")
console.log("full")
process.stdin.once("data", () => {
  standardError.print("last")
  console.log("printed")
  process.stdin.destroy()
})
