import { spawn } from "node:child_process"
import { once } from "node:events"
import { assert, it } from "vitest"
import * as processTree from "../../../src/cli/shell/processTree.ts"

it("a process has the members that it started, and those that they started", () => {
  const parents = [
    [5, 4],
    [3, 2],
    [2, 1],
    [4, 2],
    [9, 8]
  ] as const
  assert.deepStrictEqual(processTree.membersOf(2, parents), [2, 3, 4, 5])
})

it("all of them are ended, also below a shell that would leave them behind", async () => {
  const program = `console.log(process.pid); setInterval(() => {}, 1000)`
  const shell = spawn("sh", ["-c", `"${process.execPath}" -e '${program}'; true`])
  await once(shell.stdout, "data")
  processTree.kill(shell.pid!)
  // its output closes when the last process that holds it has ended
  const [code, signal] = (await once(shell, "close")) as [number | null, NodeJS.Signals | null]
  assert.deepStrictEqual([code, signal], [null, "SIGKILL"])
})
