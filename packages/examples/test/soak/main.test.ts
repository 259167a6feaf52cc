/**
 * The soak as its user meets it, for a round: what `npm run soak` says and how it ends. CI runs a minute of it.
 */
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"

const main = fileURLToPath(new URL("../../soak/main.ts", import.meta.url))

const soak = (...args: ReadonlyArray<string>) =>
  promisify(execFile)(process.execPath, ["--conditions=giveway-source", main, ...args])

describe("npm run soak", () => {
  it("runs a round, and nothing is lost, doubled or left behind", { timeout: 120_000 }, async () => {
    const { stdout } = await soak("--minutes", "0.001", "--seed", "one")
    expect(stdout).toMatch(/^soak: 0.001 min, seed one$/m)
    expect(stdout).toMatch(/^round 1: \d workers, .* completed, .* killed in/m)
    expect(stdout).toMatch(/^small +Answer \d+/m)
    expect(stdout).toMatch(/^Nothing lost, nothing doubled, nothing left behind\.$/m)
    expect(stdout).toMatch(/^seed one: 3000 jobs settled$/m)
  })

  it("says what it does not understand", async () => {
    await expect(soak("--minutes", "soon")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--minutes must be a number above 0, not soon")
    })
  })
})
