/**
 * Real stalls in real processes: the holder and its line are found, and reported while the stall lasts.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import type { Starvation, Supervision } from "@giveway/core"
import { NodeSysmon } from "@giveway/node"
import { Config, ConfigProvider, Effect, Layer } from "effect"

const program = fileURLToPath(new URL("programs/stalls.ts", import.meta.url))
const source = readFileSync(program, "utf8").split("\n")
/** The number of the line of the program that begins with `text`. */
const lineOf = (text: string): number => source.findIndex((line) => line.trim().startsWith(text)) + 1

interface Result {
  /** that were published since the program listened */
  readonly stalls: ReadonlyArray<Starvation.Starvation>
  /** when the program began, in ms since the epoch: it listens for stalls, naps, and runs the case */
  readonly begunAt: number
  readonly statistics: Supervision.Statistics
  /** how late a plain timer came at worst, measured without Giveway */
  readonly worstLatenessMs: number
  readonly logged?: ReadonlyArray<string>
}

interface Ran extends Result {
  /** stalls that the record itself explains by the machine, by V8, or by the program's start */
  readonly explained: ReadonlyArray<Starvation.Starvation>
  readonly stderr: string
  readonly stdout: string
}

/** Causes that blame no code: V8 collected garbage, other processes had the cores, the process stood still. */
const nobodys = new Set<Starvation.Cause>(["gc", "os-starved", "suspended", "debugger"])

/**
 * Whether a record says by its own fields that the case did not make the stall. A stall that began before the program did
 * belongs to Node's start: the first beat of the heart finds the rest of the first turn, in which modules are evaluated. No
 * thread watches yet, so the record has no sample. It waits for the watcher, and so is published while the case runs.
 */
const isExplained = ({ cause, startedAt }: Starvation.Starvation, begunAt: number): boolean =>
  nobodys.has(cause) || startedAt < begunAt

const resultOf = (stdout: string, stderr: string): Ran => {
  const line = /^\{"stalls".*$/m.exec(stdout)
  assert.isNotNull(line, `no result; standard error:\n${stderr}`)
  const result = JSON.parse(line![0]) as Result
  const { explained = [], unexplained = [] } = Object.groupBy(result.stalls, (stall) =>
    isExplained(stall, result.begunAt) ? "explained" : "unexplained"
  )
  return { ...result, stalls: unexplained, explained, stderr, stdout }
}

/** Runs a case; tells it to go on when standard error has `report`, or kills it then if it never would. */
const run = async (
  name: string,
  options: {
    readonly report?: RegExp
    readonly kill?: boolean
    readonly flags?: ReadonlyArray<string>
    /** whether nobody reads standard error */
    readonly unread?: boolean
  } = {}
) => {
  const folder = mkdtempSync(join(tmpdir(), "giveway-stall-"))
  const flag = join(folder, "told")
  const child = spawn(process.execPath, ["--conditions=giveway-source", program, name, flag, ...(options.flags ?? [])])
  let stdout = ""
  let stderr = ""
  child.stdout.on("data", (data) => (stdout += data))
  child.stderr.on("data", (data) => {
    stderr += data
    if (options.report?.test(stderr) !== true) return
    if (options.kill === true) child.kill("SIGKILL")
    else writeFileSync(flag, "")
  })
  if (options.unread === true) child.stderr.destroy()
  const timeout = setTimeout(() => child.kill("SIGKILL"), 25_000)
  await new Promise((resolve) => child.once("close", resolve))
  clearTimeout(timeout)
  rmSync(folder, { recursive: true, force: true })
  if (options.kill === true) {
    return {
      stalls: [],
      explained: [],
      begunAt: 0,
      statistics: undefined,
      worstLatenessMs: 0,
      logged: [],
      stderr,
      stdout
    }
  }
  return resultOf(stdout, stderr)
}

/** The one stall that the case makes: `isIt` knows it, and no other record is left without an explanation. */
const only = (
  { explained, stalls }: Pick<Ran, "stalls" | "explained">,
  isIt: (stall: Starvation.Starvation) => boolean
): Starvation.Starvation => {
  const all = JSON.stringify({ stalls, explained }, null, 1)
  assert.lengthOf(stalls.filter(isIt), 1, all)
  assert.lengthOf(stalls, 1, all)
  return stalls[0]!
}

const named =
  (name: string) =>
  ({ hog }: Starvation.Starvation): boolean =>
    hog.name === name

describe("a stall", () => {
  it("is reported while it lasts, with fiber, span, duration, the user's innermost line and a fix", async () => {
    const report =
      /giveway: `thumbnail` \(fiber #\d+\) has held the loop for \d+ ms.* at \S*programs\/stalls\.ts:\d+ in holdUntilTold: run it with Compute\.run \(provide Giveway\.layer\), or mark it Pure and run with node --import @giveway\/node\/register\n/
    const stall = only(await run("slice", { report }), named("thumbnail"))
    assert.strictEqual(stall.cause, "slice")
    assert.strictEqual(stall.hog.place?.function, "holdUntilTold")
    assert.strictEqual(stall.hog.place?.line, lineOf("while (!existsSync"))
    assert.include(stall.hog.stack, "untilTold")
    assert.isTrue(stall.live)
    assert.isAtLeast(stall.durationMs, 50)
  })

  it("that is the program's last slice is logged with the place that was reported", async () => {
    const { logged } = await run("last", { report: /has held the loop for \d+ ms at \S+:\d+ in holdUntilTold/ })
    assert.lengthOf(logged!, 1)
    assert.match(logged![0]!, /held the loop for \d+ ms at \S+:\d+ in holdUntilTold/)
  })

  it("becomes one record each, with its own duration", async () => {
    const { stalls } = await run("twice")
    assert.deepStrictEqual(
      stalls.map((stall) => [stall.cause, stall.hog.name]),
      [
        ["slice", "first"],
        ["slice", undefined]
      ]
    )
    assert.isAtLeast(stalls[0]!.durationMs, 150)
    assert.isAtLeast(stalls[1]!.durationMs, 250)
  })

  it("is recorded, with its line, by a watcher that outlives the reader of standard error", async () => {
    const { stalls } = await run("twice", { unread: true })
    const line = lineOf("while (computed() < end)")
    assert.deepStrictEqual(
      stalls.map(({ hog }) => hog.place?.line),
      [line, line]
    )
  })

  it("of many short slices in one turn is a convoy, named by what they ran", async () => {
    const { stalls, stderr } = await run("convoy")
    const convoys = stalls.filter((stall) => stall.cause === "convoy")
    // on a slow machine starting the 600 fibers is a stall of its own
    for (const stall of stalls) assert.strictEqual(stall.hog.name, "price", JSON.stringify(stall))
    assert.isAtLeast(Math.max(...convoys.map(({ slices }) => slices)), 300)
    assert.match(stderr, /giveway: a convoy of many short slices, most of the time `price`, has held the loop/)
  })

  it("of children run inside their parent's slice is a convoy too, not the parent's fault", async () => {
    assert.strictEqual(only(await run("inline"), named("price")).cause, "convoy")
  })

  it("of a child run inside its parent's slice is the child's", async () => {
    assert.strictEqual(only(await run("child"), named("innocent looking")).cause, "slice")
  })

  it("in a callback is no fiber's, and has a line", async () => {
    const ran = await run("timer", {
      report: /something that is no fiber has held the loop for \d+ ms.* at \S+:\d+ in holdUntilTold/
    })
    const stall = only(ran, ({ cause, hog }) => cause === "loop" && hog.place?.function === "holdUntilTold")
    assert.isUndefined(stall.hog.fiberId)
    assert.strictEqual(stall.hog.place?.line, lineOf("while (!existsSync"))
    assert.isTrue(stall.live)
  })

  it("in native code names fiber and span by the beacon, and has the line of who called JSON.parse", async () => {
    const { stalls, stderr } = await run("native")
    const stall = stalls.find((one) => one.hog.name === "parse")
    assert.isDefined(stall, JSON.stringify(stalls))
    assert.strictEqual(stall.cause, "native")
    // no stack at all if the thread ended before its answer was told
    if (stall.hog.stack !== undefined) {
      assert.strictEqual(stall.hog.place?.line, lineOf("yield* Effect.sync(() => JSON.parse"))
    }
    assert.match(stderr, /giveway: `parse` \(fiber #\d+\) has held the loop for \d+ ms in native code/)
  })

  it("of microtasks that make new ones is a flood, of the fiber that awaits them", async () => {
    const stall = only(await run("flood"), ({ cause }) => cause === "microtask-flood")
    // a machine that takes the core away for most of the time blurs when the flood began, and so who began it
    if (stall.unobservedMs > stall.durationMs / 2) return
    assert.strictEqual(stall.hog.name, "poller")
    assert.isDefined(stall.hog.fiberId)
  })

  it("that is allowed is published with its reason, and neither logged nor reported", async () => {
    const ran = await run("allowed")
    const { stderr, stdout } = ran
    assert.strictEqual(only(ran, named("report")).allowed, "once, at night")
    assert.notMatch(stderr + stdout, /`report` .* held the loop/)
  })

  it("names who waited: overdue timers, and deadlines among them", async () => {
    const { stalls } = await run("victims", { flags: ["--fair"] })
    const { victims } = stalls.find((stall) => stall.hog.name === "hog")!
    const late = victims!.fibers.filter(({ waitedFor }) => waitedFor === "timer").map(({ name }) => name)
    assert.includeMembers(late as Array<string>, ["sleeper", "impatient"])
    assert.notInclude(late, "patient")
    assert.strictEqual(victims!.deadlines, 1)
    assert.isAtLeast(victims!.overdueTimers, 2)
    assert.isAbove(victims!.longestLateMs, 0)
  })

  it("that never ends is reported, and reported again", async () => {
    const { stderr } = await run("forever", { report: /has held the loop for 1\d\d\d ms/, kill: true })
    assert.match(stderr, /giveway: `endless` \(fiber #\d+\) has held the loop for \d\d\d? ms.* at \S*stalls\.ts:\d+/)
    assert.match(stderr, /giveway: `endless` \(fiber #\d+\) has held the loop for 1\d\d\d ms.* at \S*stalls\.ts:\d+/)
  })

  it("is published each time and logged five times a minute", async () => {
    const { explained, stalls, stderr } = await run("many")
    for (const stall of stalls) assert.strictEqual(stall.hog.name, "again", JSON.stringify(stall))
    // one that had a core for less than the threshold is the machine's
    assert.isAtLeast(stalls.length + explained.filter(({ cause }) => cause === "os-starved").length, 8)
    // of each cause: what computes, and what a crowded machine does
    assert.lengthOf(stderr.match(/giveway: `again` .* has held the loop for [^:]* at/g) ?? [], 5)
  })

  it("is found where slices cannot be seen, and the current fiber named", async () => {
    // the first line may come before the sample that shows the fiber
    const ran = await run("slice", { report: /`thumbnail`.* has held the loop/, flags: ["--frozen"] })
    assert.isFalse(ran.statistics?.hooked)
    assert.strictEqual(only(ran, named("thumbnail")).cause, "slice")
    assert.match(ran.stderr, /giveway: `thumbnail` \(fiber #\d+\) has held the loop/)
  })

  it("that is nothing but the whole process being stopped is nobody's fault", async () => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", program, "idle", "none"])
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (data) => (stdout += data))
    child.stderr.on("data", (data) => (stderr += data))
    await once(child.stdout, "data")
    child.kill("SIGSTOP")
    await new Promise((resolve) => setTimeout(resolve, 600))
    child.kill("SIGCONT")
    await once(child, "close")
    const { explained, stalls, statistics } = resultOf(stdout, stderr)
    const stop = explained.filter(({ durationMs }) => durationMs >= 500)
    assert.deepStrictEqual(
      stop.map(({ cause, hog }) => [cause, hog.fiberId]),
      [["suspended", undefined]],
      JSON.stringify(explained)
    )
    // to make the first record is Giveway's own work, and takes long where the machine has no core to spare
    const accused = stalls.filter(({ allowed }) => allowed === undefined)
    assert.lengthOf(accused, 0, JSON.stringify(accused))
    assert.isAtLeast(statistics.excused, 1)
    assert.notMatch(stderr, /fiber #\d+\) has held the loop/)
  })

  it.for([
    ["idle", "an idle process"],
    ["healthy", "a busy but healthy one"]
  ] as const)("does not happen to %s: what is reported is there for a plain timer to see too", async ([name]) => {
    const { begunAt, explained, stalls, worstLatenessMs } = await run(name, { flags: ["--fair"] })
    // on an overloaded machine any process is stopped for a while; that is no false alarm
    const seen = [...stalls, ...explained.filter(({ startedAt }) => startedAt >= begunAt)]
    for (const stall of seen) assert.isAtMost(stall.durationMs, worstLatenessMs + 30, JSON.stringify(stall))
    if (worstLatenessMs < 30) assert.deepStrictEqual(seen, [])
  })
})

describe("the registry", () => {
  it("keeps no fiber alive", async () => {
    const forgotten = fileURLToPath(new URL("programs/forgotten.ts", import.meta.url))
    const child = spawn(process.execPath, ["--expose-gc", "--conditions=giveway-source", forgotten])
    let stdout = ""
    child.stdout.on("data", (data) => (stdout += data))
    await once(child, "close")
    const { after, before } = JSON.parse(stdout)
    assert.strictEqual(before, 1000)
    assert.isBelow(after, 10)
  })
})

describe("the thread", () => {
  it.live("ends with its scope and leaves the fibers as they were", () =>
    Effect.gen(function* () {
      const prototype = Object.getPrototypeOf(Effect.runFork(Effect.void))
      const before = prototype.runLoop
      const workers = () => process.getActiveResourcesInfo().filter((resource) => resource === "MessagePort").length
      const ports = workers()
      for (let round = 0; round < 3; round++) {
        yield* Effect.sleep("20 millis").pipe(Effect.provide(NodeSysmon.layer({ logs: false })))
      }
      assert.strictEqual(prototype.runLoop, before)
      assert.strictEqual(workers(), ports)
      assert.isUndefined((globalThis as Record<symbol, unknown>)[Symbol.for("~giveway/diagnose")])
    })
  )

  it.live("does not start with options that cannot be", () =>
    Effect.gen(function* () {
      const wrong = [{ threshold: "1 milli" }, { threshold: Infinity }, { interval: 0 }] as const
      const messages = yield* Effect.forEach(wrong, (options) =>
        Effect.map(Effect.flip(Effect.scoped(Layer.build(NodeSysmon.layer(options)))), (error) => error.message)
      )
      assert.deepStrictEqual(messages, [
        'NodeSysmon: threshold is "1 milli", but must be a duration of at least 10 ms and at most 24 days, such as "50 millis"',
        'NodeSysmon: threshold is Infinity, but must be a duration of at least 10 ms and at most 24 days, such as "50 millis"',
        'NodeSysmon: interval is 0, but must be a duration of at least 1 ms and at most 24 days, such as "10 millis"'
      ])
    })
  )

  it.live("takes its options from code and configuration together", () =>
    Effect.gen(function* () {
      const messageOf = (
        provider: ConfigProvider.ConfigProvider,
        config?: Parameters<typeof NodeSysmon.layerConfig>[0]
      ) =>
        Effect.map(
          Effect.flip(
            Effect.scoped(
              Layer.build(NodeSysmon.layerConfig(config).pipe(Layer.provide(ConfigProvider.layer(provider))))
            )
          ),
          (error) => error.message
        )
      const env = {
        GIVEWAY_STALL_THRESHOLD: "5 millis",
        GIVEWAY_STALL_LOGS: "false",
        GIVEWAY_STALL_LOGS_ALIKE: "-1",
        GIVEWAY_SERVE_PORT: "70000"
      }
      const fromEnv = ConfigProvider.fromEnv({ env })
      assert.include(yield* messageOf(fromEnv), "NodeSysmon: threshold is 5 millis")
      const threshold = Config.succeed("50 millis" as const)
      assert.include(yield* messageOf(fromEnv, { threshold }), "NodeSysmon: perMinute.alike is -1")
      const perMinute = { alike: Config.succeed(1) }
      assert.include(yield* messageOf(fromEnv, { threshold, perMinute }), "NodeSysmon: serve.port is 70000")
      const file = ConfigProvider.fromUnknown({
        GIVEWAY: { STALL: { LOGS: true, LOGS_ALIKE: 5 }, SERVE: { PORT: 70_001 } }
      })
      assert.include(yield* messageOf(file), "NodeSysmon: serve.port is 70001")
      assert.include(
        yield* messageOf(fromEnv, { intervall: threshold } as object),
        "NodeSysmon: intervall is no option; did you mean interval?"
      )
    })
  )
})
