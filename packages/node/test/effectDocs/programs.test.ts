/**
 * The programs that Effect brings along as its documentation do the same by its own runtime and by ours: what they print and in
 * which order, what they answer and ask for, and how they end.
 *
 * `programs.ts` lists them, with what is changed in them and what is left out, and why. Each runs as a process of its own.
 */
import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { docs } from "./loader.ts"
import { left, programs, suites } from "./programs.ts"
import { run } from "./running.ts"
import type { Ended } from "./running.ts"

const lines = (text: string): ReadonlyArray<string> => text.split("\n").toSorted()

const whole = (ended: Ended): Ended => ended

const sorted = ({ answers, stderr, stdout, ...ending }: Ended) => ({
  ...ending,
  answers: answers.toSorted(),
  stderr: lines(stderr),
  stdout: lines(stdout)
})

/** Every third program, from all kinds; `GIVEWAY_EFFECT_DOCS=all` takes all of them, some four minutes on two cores. */
const taken = process.env["GIVEWAY_EFFECT_DOCS"] === "all" ? programs : programs.filter((_, index) => index % 3 === 0)

describe("the programs of Effect's documentation", () => {
  it("all run here, or there is a reason", () => {
    const all = readdirSync(docs, { recursive: true, encoding: "utf8" })
    const found = all.filter((path) => path.endsWith(".ts") && !path.includes("fixtures"))
    const known = new Set([...programs.map((program) => program.path), ...suites, ...Object.keys(left)])
    expect([...known].toSorted()).toEqual(found.toSorted())
  })

  it("are at least twelve, also in the short form", () => {
    expect(taken.length).toBeGreaterThanOrEqual(12)
  })

  it.for(taken)("$name", { timeout: 210_000 }, async (program) => {
    const [byEffect, scheduler, giveway] = await Promise.all([
      run(program, "effect"),
      run(program, "scheduler"),
      run(program, "giveway")
    ])
    expect(byEffect).toMatchObject({ code: program.exitCode ?? 0, signal: null })
    expect(scheduler).toEqual(byEffect)
    const compared = program.sideBySide === true ? sorted : whole
    expect(compared(giveway)).toEqual(compared(byEffect))
  })
})
