/**
 * `giveway top` in a real terminal: tmux draws it, presses its keys, and is asked what can be seen.
 */
import { assert, describe, it } from "@effect/vitest"
import { main } from "../cli/giveway.ts"
import type { Served } from "../served.ts"
import { withServed } from "../served.ts"
import { Screen } from "./screen.ts"

const withTop = (use: (screen: Screen, served: Served) => Promise<void>): Promise<void> =>
  withServed({ socket: true }, async (served) => {
    const screen = new Screen({ XDG_RUNTIME_DIR: served.environment["XDG_RUNTIME_DIR"] })
    try {
      screen.type(`'${process.execPath}' --conditions=giveway-source '${main}' top`, "Enter")
      await screen.until(/● turning[^]*customers/)
      await use(screen, served)
    } finally {
      screen.close()
    }
  })

describe("giveway top", { timeout: 90_000 }, () => {
  it("shows names, pool and run delays, sorts and filters them, and gives the terminal back", () =>
    withTop(async (screen) => {
      const text = await screen.until(/pool of 2[^]*busy +resize/)
      assert.match(text, /^ giveway top {2}served\.ts {2}process \d+/)
      await screen.until(/delay.*p99 ≤/)
      screen.type("/", "t", "h", "u", "m")
      const filtered = await screen.until(/name \/thum/)
      assert.match(filtered, /^ thumbnails /m)
      assert.notMatch(filtered, /^ customers /m)
      screen.type("Escape")
      await screen.until(/^ customers /m)
      screen.type("d")
      await screen.until(/fibers\s+served\.ts[^]*customers #\d+/)
      screen.type("q")
      await screen.until(/q quit/)
      screen.type("q")
      const after = await screen.until(/^shell>\s*$/m)
      assert.notInclude(after, "customers")
    }))

  it("fits the terminal, also when that changes", () =>
    withTop(async (screen) => {
      screen.resize(70, 20)
      const text = await screen.until(/^ q quit/m)
      const lines = text.trimEnd().split("\n")
      assert.isAtMost(lines.length, 20)
      await screen.until(/customers/)
    }))

  it("fits 40 columns and 10 rows, and Ctrl-C ends it with 130", () =>
    withTop(async (screen) => {
      screen.resize(40, 10)
      const text = await screen.until(/^ q quit s sort .* d dump$/m)
      assert.isAtMost(text.trimEnd().split("\n").length, 10)
      await screen.until(/^ customers .*\d ms/m)
      screen.type("C-c")
      await screen.until(/^shell>\s*$/m)
      screen.type("echo code=$?", "Enter")
      await screen.until(/^code=130$/m)
    }))

  it("goes on while the loop is stuck, names who holds it, and opens the stall", () =>
    withTop(async (screen, served) => {
      await served.hold("loop")
      await screen.until(/■ held for .* by `checkout` \(fiber #\d+\) at \S*served\.ts:\d+/)
      const earlier = await screen.until(/^ checkout +\d/m)
      await screen.until(/held for [2-9]\.\d s/)
      assert.notStrictEqual(screen.read(), earlier)
      screen.type("Enter")
      await screen.until(/^ stall\s*$[^]*at .*holdForEver/m)
      screen.type("Escape")
      await screen.until(/q quit/)
      screen.type("C-c")
      await screen.until(/^shell>\s*$/m)
    }))

  it("shows a job that holds its worker, also while the main thread is stuck", () =>
    withTop(async (screen, served) => {
      served.child.stdin.write("worker\n")
      await screen.until(/busy +crunch .* held for \d/)
      await served.hold("loop")
      const text = await screen.until(/■ held for [^]*crunch .* held for \d+\.\d s/)
      assert.include(text, "`checkout`")
    }))

  it("says when the process has ended", () =>
    withTop(async (screen, served) => {
      served.child.kill("SIGKILL")
      const text = await screen.until(/the process has ended/)
      assert.match(text, /customers/)
      screen.type("q")
      await screen.until(/^shell>\s*$/m)
    }))
})
