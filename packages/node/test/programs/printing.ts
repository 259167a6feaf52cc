/**
 * Prints more lines than a pipe holds, and a long text, says so, and prints one line more when it is told to.
 */
import * as standardError from "../../src/output/standardError.ts"

for (let i = 0; i < 5000; i++) standardError.print(`line ${i} ${"x".repeat(100)}`)
standardError.printLong(`${"long ".repeat(100_000)}\n`)
console.log("full")
process.stdin.once("data", () => {
  standardError.print("last")
  console.log("printed")
  process.stdin.destroy()
})
