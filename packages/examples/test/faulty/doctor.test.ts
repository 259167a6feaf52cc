/**
 * `npm run doctor:demo`: the doctor finds the three planted faults, and nothing else.
 */
import { execFile } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const root = fileURLToPath(new URL("../../../../", import.meta.url))
const giveway = join(root, "packages/node/src/cli/main.ts")
const faulty = (name: string): string => `packages/examples/src/faulty/${name}`

/** Where a line of the example is. */
const lineOf = (file: string, text: string): number =>
  readFileSync(join(root, file), "utf8")
    .split("\n")
    .findIndex((line) => line.includes(text)) + 1

interface Finding {
  readonly verdict: string
  readonly cause: string
  readonly name: string
  readonly file: string
  readonly line: number
  readonly count: number
  readonly fix: string
}

describe("the doctor", () => {
  it("finds exactly the three faults of a faulty service, with file, line and fix, and fails", async () => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-doctor-demo-"))
    const junit = join(folder, "stalls.xml")
    const args = ["doctor", "--budget", "100ms", "--json", "--junit", junit, faulty("main.ts")]
    const { code, stderr, stdout } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        ["--conditions=giveway-source", giveway, ...args],
        { cwd: root, timeout: 60_000 },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr })
      )
    })
    const xml = readFileSync(junit, "utf8")
    rmSync(folder, { recursive: true })
    assert.include(stderr, "served", "the service itself works")
    assert.strictEqual(code, 1, stderr)
    const { findings } = JSON.parse(stdout) as { readonly findings: ReadonlyArray<Finding> }
    const faults = findings
      .filter(({ verdict }) => verdict === "fault")
      .toSorted((a, b) => `${a.name}`.localeCompare(`${b.name}`))
    assert.deepStrictEqual(
      faults.map(({ file, name }) => ({ file, name })),
      [
        { file: faulty("revision.ts"), name: "GET /revision" },
        { file: faulty("prices.ts"), name: "reprice" },
        { file: faulty("thumbnail.ts"), name: "thumbnail" }
      ],
      stdout
    )
    const [revision, reprice, thumbnail] = faults as [Finding, Finding, Finding]
    assert.strictEqual(revision.line, lineOf(faulty("revision.ts"), "execFileSync("))
    assert.match(revision.fix, /Compute\.run/)
    assert.strictEqual(reprice.cause, "convoy")
    assert.strictEqual(reprice.line, lineOf(faulty("prices.ts"), "price = (price +"))
    assert.match(reprice.fix, /FairScheduler/)
    assert.strictEqual(thumbnail.cause, "slice")
    // V8 looks for a request to stop at the end of a loop's round, and optimized code may leave the look of the inner loop out
    assert.include(
      [lineOf(faulty("thumbnail.ts"), "let x = 0"), lineOf(faulty("thumbnail.ts"), "sum +=")],
      thumbnail.line
    )
    assert.match(thumbnail.fix, /Compute\.run|Pure/)
    assert.include(xml, 'failures="4"', "the three, and the whole")
    for (const { file, line } of faults) assert.include(xml, `${file}:${line}`)
  }, 90_000)
})
