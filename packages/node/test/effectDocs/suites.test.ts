/**
 * The tests in Effect's documentation have the same results with our scheduler as with Effect's own.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import type { Name } from "./runtimes.ts"

interface Report {
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly assertionResults: ReadonlyArray<{ readonly fullName: string; readonly status: string }>
  }>
}

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const results = async (runtime: Name): Promise<ReadonlyArray<string>> => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-suites-"))
  try {
    const report = join(folder, "report.json")
    const vitest = join(fileURLToPath(import.meta.resolve("vitest/package.json")), "..", "vitest.mjs")
    const args = ["--conditions=giveway-source", vitest, "run", "--config", file("suites.config.ts")]
    const child = spawn(process.execPath, [...args, "--reporter=json", `--outputFile=${report}`], {
      env: { PATH: process.env["PATH"], NODE_NO_WARNINGS: "1", EFFECT_DOCS_RUNTIME: runtime },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let output = ""
    child.stdout.on("data", (data) => (output += String(data)))
    child.stderr.on("data", (data) => (output += String(data)))
    const code = await new Promise((resolve) => child.on("close", resolve))
    if (code !== 0) throw new Error(output)
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report
    return testResults
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .flatMap(({ assertionResults }) => assertionResults.map(({ fullName, status }) => `${fullName}: ${status}`))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("the tests in Effect's documentation", () => {
  it("have the same results", { timeout: 180_000 }, async () => {
    const byEffect = await results("effect")
    expect(byEffect.length).toBeGreaterThan(12)
    expect(await results("scheduler")).toEqual(byEffect)
    expect(await results("supervised")).toEqual(byEffect)
  })
})
