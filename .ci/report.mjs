// Reads vitest's JSON reports for `.ci/run`:
//   report.mjs failed REPORT         prints the files in which a test failed, a line each
//   report.mjs merge REPORT AGAIN    puts the results of files that were run again into REPORT, and names them
//   report.mjs count SOAK REPORT…    prints the tests that failed and "N passed, N failed"; SOAK is the soak's exit code
import { readFileSync, writeFileSync } from "node:fs"

const [mode, ...args] = process.argv.slice(2)
const read = (file) => JSON.parse(readFileSync(file, "utf8"))
const failedTests = (file) => file.assertionResults.filter(({ status }) => status === "failed")
const hasFailed = (file) => file.status === "failed" || failedTests(file).length > 0
const print = (file) => {
  console.log(`FAILED ${file.name}${file.message ? `: ${file.message}` : ""}`)
  for (const { failureMessages, fullName } of failedTests(file)) {
    const lines = failureMessages.join("\n").split("\n")
    // an assertion with a long message has its difference at the end
    const shown = lines.length <= 60 ? lines : [...lines.slice(0, 30), "…", ...lines.slice(-30)]
    console.log(`  ${fullName}\n    ${shown.join("\n    ")}`)
  }
}

if (mode === "failed") {
  for (const file of read(args[0]).testResults.filter(hasFailed)) console.log(file.name)
} else if (mode === "merge") {
  const [first, again] = args.map(read)
  const anew = new Map(again.testResults.map((file) => [file.name, file]))
  for (const file of first.testResults.filter(hasFailed)) {
    console.log(`RUN AGAIN ${file.name}`)
    print(file)
  }
  first.testResults = first.testResults.map((file) => (hasFailed(file) ? (anew.get(file.name) ?? file) : file))
  writeFileSync(args[0], JSON.stringify(first))
} else {
  const [soak, ...reports] = args
  let [passed, failed, pending] = soak === "0" ? [1, 0, 0] : [0, 1, 0]
  let isWhole = true
  for (const name of reports) {
    let files
    try {
      files = read(name).testResults
    } catch (error) {
      console.log(`FAILED ${name}: ${error.message}`)
      failed++
      continue
    }
    for (const file of files) {
      const own = failedTests(file).length
      passed += file.assertionResults.filter(({ status }) => status === "passed").length
      pending += file.assertionResults.filter(({ status }) => status !== "passed" && status !== "failed").length
      // a file that cannot be loaded has no test that fails
      failed += own === 0 && file.status === "failed" ? 1 : own
      if (hasFailed(file)) print(file)
    }
    if (!files.some(({ assertionResults }) => assertionResults.length > 0)) isWhole = false
  }
  if (pending > 0) console.log(`${pending} tests were not run`)
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 || pending > 0 || !isWhole ? 1 : 0
}
