/**
 * Standard error that nobody reads, in processes of their own. A process that waits for its reader, or dies of it, never comes
 * to its end.
 */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "vitest"

const program = fileURLToPath(new URL("../programs/printing.ts", import.meta.url))

const start = (stderr: number | "pipe") => {
  const child = spawn(process.execPath, ["--conditions=giveway-source", program], { stdio: ["pipe", "pipe", stderr] })
  let out = ""
  child.stdout!.on("data", (data) => (out += data))
  const ended = once(child, "exit")
  return {
    child,
    out: () => out,
    until: async (word: string) => {
      while (!out.includes(word))
        await Promise.race([once(child.stdout!, "data"), ended.then(() => assert.include(out, word))])
    },
    go: async () => {
      child.stdin!.write("go\n")
      return (await ended) as [code: number | null, signal: string | null]
    }
  }
}

/** All that is in a pipe now. */
const drain = (pipe: number): string => {
  const bytes = Buffer.alloc(65_536)
  let text = ""
  try {
    for (let read = 1; read > 0;) {
      read = readSync(pipe, bytes)
      text += bytes.toString("latin1", 0, read)
    }
  } catch {
    // it is empty
  }
  return text
}

describe.skipIf(process.platform !== "linux")("a pipe whose writes would wait", () => {
  const withPipe = async (run: (reader: number, writer: number) => Promise<void>): Promise<void> => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-pipe-"))
    try {
      const path = join(folder, "pipe")
      execFileSync("mkfifo", [path])
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
      await run(reader, openSync(path, constants.O_WRONLY))
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it("costs lines while nobody reads, and the next one says how many", () =>
    withPipe(async (reader, writer) => {
      const { go, until } = start(writer)
      await until("full")
      const before = drain(reader)
      assert.match(before, /^line 0 x+\nline 1 x+\n/)
      const [code] = await go()
      assert.strictEqual(code, 0)
      assert.match(drain(reader), /giveway: \d+ lines are missing here: nobody read them\nlast\n/)
      closeSync(reader)
      closeSync(writer)
    }))

  it("costs lines if nobody reads any more", () =>
    withPipe(async (reader, writer) => {
      const { go, until } = start(writer)
      await until("full")
      closeSync(reader)
      const [code] = await go()
      assert.strictEqual(code, 0)
      closeSync(writer)
    }))
})

describe("a socket", () => {
  it("costs lines while nobody reads", async () => {
    const { child, go, until } = start("pipe")
    await until("full")
    const [code] = await go()
    assert.strictEqual(code, 0)
    child.stderr!.destroy()
  })

  it("costs lines if nobody reads any more", async () => {
    const { child, go, until } = start("pipe")
    child.stderr!.destroy()
    await until("full")
    const [code] = await go()
    assert.strictEqual(code, 0)
  })
})

it.skipIf(process.platform !== "linux")("a full disk costs lines", async () => {
  const full = openSync("/dev/full", constants.O_WRONLY)
  const { go, out, until } = start(full)
  await until("full")
  const [code] = await go()
  assert.strictEqual(code, 0)
  assert.include(out(), "printed")
  closeSync(full)
})
