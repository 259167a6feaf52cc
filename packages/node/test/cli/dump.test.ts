/**
 * `giveway dump`: of served processes, of stuck ones, and of unprepared ones.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { readFileSync, rmSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { userFrames } from "../../src/cli/text/dumpText.ts"
import { program, withServed } from "../served.ts"
import { giveway } from "./giveway.ts"

const culprit =
  readFileSync(program, "utf8")
    .split("\n")
    .findIndex((line) => line.includes("for (;;)")) + 1

/** A process in which nothing of Giveway is. Its inspector takes any free port, as other tests may hold the usual one. */
const withPlain = async <A>(code: string, use: (child: ChildProcess) => Promise<A>): Promise<A> => {
  const child = spawn(process.execPath, ["--inspect-port=0", "--eval", `console.log("up"); ${code}`])
  try {
    await once(child.stdout, "data")
    return await use(child)
  } finally {
    child.kill("SIGKILL")
  }
}

describe("giveway dump", () => {
  it("prints the fibers of the only process that is served", () =>
    withServed({ socket: true }, async ({ environment, pid }) => {
      const { code, stdout } = await giveway(["dump"], environment)
      assert.strictEqual(code, 0)
      assert.match(stdout, new RegExp(`^served\\.ts, process ${pid}, node v\\d+`))
      assert.match(stdout, /^the loop turns$/m)
      assert.match(stdout, /customers #\d+ {2}waiting/)
    }))

  it("of a process in an endless loop names the holder, and the line", () =>
    withServed({ socket: true }, async (served) => {
      await served.hold("loop")
      await served.until(/has held the loop for \d+ ms at \S+/)
      const { stdout } = await giveway(["dump"], served.environment)
      assert.match(
        stdout,
        new RegExp(
          `^the loop has been held for .* by \`checkout\` \\(fiber #\\d+\\) at \\S*served\\.ts:${culprit} in`,
          "m"
        )
      )
      assert.match(stdout, /^ {4}at .*holdForEver.*served\.ts:/m)
      assert.match(stdout, /checkout #\d+ {2}running.*, holds the loop for/)
      const json = await giveway(["dump", "--json"], served.environment)
      assert.strictEqual(JSON.parse(json.stdout).loop.by.place.line, culprit)
      // and without its socket, through the inspector
      rmSync(served.socketPath)
      const inspected = await giveway(["dump", "--pid", String(served.pid)], served.environment)
      assert.match(inspected.stdout, /^ {4}at .*holdForEver.*served\.ts:/m)
      assert.match(inspected.stdout, /checkout #\d+ {2}running/)
    }))

  it("shows the stack of an unprepared process that is stuck", () =>
    withPlain("const spin = () => { for (;;); }; setTimeout(spin, 1)", async ({ pid }) => {
      const { code, stdout } = await giveway(["dump", "--pid", String(pid)])
      assert.strictEqual(code, 0)
      assert.match(stdout, /^it runs\n {4}at .*spin/m)
      assert.match(stdout, /Giveway is not in it/)
    }))

  it("leaves no inspector open in a process whose loop turns", () =>
    withPlain("setInterval(() => {}, 1000)", async ({ pid, stderr }) => {
      let said = ""
      stderr!.on("data", (data) => (said += data))
      const { stdout } = await giveway(["dump", "--pid", String(pid)])
      assert.match(stdout, /no JavaScript of the program runs now/)
      while (!said.includes("Debugger ending")) await once(stderr!, "data")
    }))

  it("sends no signal to a process that is not Node", async () => {
    const child = spawn("sleep", ["30"])
    await once(child, "spawn")
    const { code, stderr } = await giveway(["dump", "--pid", String(child.pid)])
    assert.strictEqual(code, 1)
    assert.match(stderr, /cannot be inspected: it is \S*, not Node, and SIGUSR1 would end it/)
    assert.isNull(child.signalCode)
    child.kill()
  })

  it("says which process it cannot find", () =>
    withServed({ signal: true }, async ({ environment }) => {
      const { code, stderr } = await giveway(["dump"], environment)
      assert.strictEqual(code, 1)
      assert.match(stderr, /^giveway: no process of this user is served: .*socket: true/)
    }))
})

describe("the user's frames of a stack", () => {
  it("are those below the evaluated expression, without Node's, Effect's and Giveway's", () => {
    const stack = [
      "Error: held",
      "    at stackHere (file:///app/node_modules/@giveway/core/dist/internal/diagnose.js:35:19)",
      "    at <anonymous>:1:46",
      "    at resample (file:///app/src/resize.ts:41:7)",
      "    at FiberImpl.runLoop (file:///app/node_modules/effect/dist/internal/effect.js:476:97)",
      "    at FairScheduler.run (file:///app/node_modules/@giveway/core/dist/internal/scheduler.js:257:7)",
      "    at process.processTimers (node:internal/timers:541:7)"
    ]
    assert.deepStrictEqual(userFrames(stack.join("\n")), ["at resample (file:///app/src/resize.ts:41:7)"])
  })
})
