/**
 * Holds that begin in a loop at rest, in a real process: they are reported while they last, and their records cover them.
 *
 * How late a report may come is measured by `npm run bench -- starvation`. Here a hold lasts until its report has come.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { ChildProcess } from "node:child_process"
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { Starvation } from "@giveway/core"
import type { News } from "../programs/rest.ts"

const program = fileURLToPath(new URL("../programs/rest.ts", import.meta.url))

const folder = mkdtempSync(join(tmpdir(), "giveway-rest-"))
const told = join(folder, "told")
const pipe = join(folder, "pipe")

let child: ChildProcess
let stderr = ""
const news: Array<News> = []
const waiting = new Set<() => void>()

/** Waits until `find` finds something in what the process has said. */
const until = async <A>(find: () => A | undefined): Promise<A> => {
  for (;;) {
    const found = find()
    if (found !== undefined) return found
    await new Promise<void>((resolve) => waiting.add(resolve))
  }
}

const hear = (): void => {
  for (const resume of waiting) resume()
  waiting.clear()
}

beforeAll(async () => {
  if (process.platform === "linux") execFileSync("mkfifo", [pipe])
  child = spawn(process.execPath, ["--conditions=giveway-source", "--no-warnings", program, told, pipe])
  let text = ""
  child.stdout!.on("data", (data) => {
    const lines = (text += String(data)).split("\n")
    text = lines.pop()!
    for (const line of lines) if (line.startsWith("{")) news.push(JSON.parse(line) as News)
    hear()
  })
  child.stderr!.on("data", (data) => {
    stderr += String(data)
    hear()
  })
  await until(() => news.find(({ _tag }) => _tag === "Up"))
}, 30_000)

afterAll(async () => {
  child.kill("SIGKILL")
  await once(child, "close")
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a case after some rest, ends the hold once `report` is in the reports, and gives the record that covers the hold. */
const hold = async (name: string, report: RegExp): Promise<Starvation.Starvation> => {
  rmSync(told, { force: true })
  await new Promise((resolve) => setTimeout(resolve, 400))
  const [before, held] = [stderr.length, news.length]
  child.stdin!.write(`${name}\n`)
  await until(() => report.exec(stderr.slice(before)) ?? undefined)
  writeFileSync(name === "pipe" ? pipe : told, "go on")
  const truth = await until(() => news.slice(held).find((one) => one._tag === "Held"))
  return until(() => {
    for (const one of news.slice(held)) {
      if (one._tag !== "Record") continue
      const { durationMs, startedAt } = one.record
      if (startedAt <= truth.from + 5 && startedAt + durationMs >= truth.to - 5) return one.record
    }
    return undefined
  })
}

const isReadable = (path: string): boolean => {
  try {
    return readFileSync(path, "latin1") !== ""
  } catch {
    return false
  }
}

/** Where Linux shows a thread's times, and its system call. */
const shows = process.platform === "linux" && existsSync("/proc/self/schedstat")
const showsCalls = shows && ["x64", "arm64"].includes(process.arch) && isReadable("/proc/self/syscall")

describe("in a loop at rest", () => {
  it("nothing of the heart is among the program's resources", async () => {
    child.stdin!.write("resources\n")
    const found = await until(() => news.find((one) => one._tag === "Resources"))
    assert.notInclude(found.names, "Immediate")
  })

  it("code that computes in the callback of an event is reported, with its line", async () => {
    const record = await hold("event", /something that is no fiber has held the loop for .*rest\.ts/)
    assert.isTrue(record.live)
    assert.isUndefined(record.hog.fiberId)
  })

  it("many short callbacks of timers are no long callback", async () => {
    const record = await hold("timers", /something that is no fiber has held the loop/)
    // between two of them microtasks have run
    assert.notStrictEqual(record.cause, "slice")
    assert.isAtLeast(record.samples, 1)
  })

  it("a fiber is reported by its name", async () => {
    const record = await hold("fiber", /`job` \(fiber #\d+\) has held the loop/)
    assert.strictEqual(record.hog.name, "job")
  })

  it.for(showsCalls ? ["blocked", "pipe", "lock"] : [])(
    "a call that blocks is reported while it lasts: %s",
    async (name) => {
      const record = await hold(name, /has held the loop for .* in synchronous system calls/)
      assert.strictEqual(record.cause, "sync-syscall")
      assert.isTrue(record.live)
    }
  )
})
