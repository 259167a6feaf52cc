/**
 * Asking another process, from its first moment on.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { Effect } from "effect"
import { assert, describe, it } from "vitest"
import * as caughtSignals from "../../src/inspector/caughtSignals.ts"
import * as otherProcess from "../../src/inspector/otherProcess.ts"

const withNode = async (args: ReadonlyArray<string>, use: (child: ChildProcess) => Promise<void>): Promise<void> => {
  const child = spawn(process.execPath, ["--inspect-port=0", ...args, "--eval", "setInterval(() => {}, 1000)"])
  try {
    await once(child, "spawn")
    await use(child)
    assert.isNull(child.signalCode)
  } finally {
    child.kill("SIGKILL")
  }
}

it("a signal is caught if its bit is set", () => {
  const status = "Name:\tnode\nSigIgn:\t0000000000000200\nSigCgt:\t0000000108014602\n"
  assert.isTrue(caughtSignals.isCaught(status, 2))
  assert.isTrue(caughtSignals.isCaught(status, 10))
  assert.isTrue(caughtSignals.isCaught(status, 33))
  assert.isFalse(caughtSignals.isCaught(status, 12))
  assert.isUndefined(caughtSignals.isCaught("Name:\tnode\nSigCgt:\tnone\n", 10))
  assert.isUndefined(caughtSignals.isCaught("", 10))
})

describe.skipIf(process.platform !== "linux")("a process of Node", () => {
  it("that has only just been started answers, and goes on", () =>
    withNode([], async ({ pid }) => {
      assert.strictEqual(await Effect.runPromise(otherProcess.evaluate(pid!, "1 + 1")), "2")
    }))

  it("that never handles the signal gets none", () =>
    withNode(["--disable-sigusr1"], async ({ pid }) => {
      const { message } = await Effect.runPromise(Effect.flip(otherProcess.evaluate(pid!, "1 + 1")))
      assert.include(message, "it does not handle SIGUSR1, which would end it")
    }))
})
