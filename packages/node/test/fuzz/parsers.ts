/**
 * All that parses what comes from outside of the process, or of the thread, each with inputs that are nearly right.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { isDeepStrictEqual } from "node:util"
import { parseSync } from "oxc-parser"
import * as Sysmon from "@giveway/core/Sysmon"
import { jobRing, telemetry } from "@giveway/core/Platform"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Logger from "effect/Logger"
import * as Result from "effect/Result"
import { InvalidOption } from "@giveway/core/InvalidOption"
import { duration } from "../../../core/src/internal/options/duration.ts"
import { fields } from "../../../core/src/internal/options/fields.ts"
import {
  array,
  boolean,
  literal,
  optional,
  or,
  text as textReader,
  wholeNumber
} from "../../../core/src/internal/options/reader.ts"
import type { Reader } from "../../../core/src/internal/options/reader.ts"
import { table as superviseTable } from "../../../core/src/internal/restart/superviseOptions.ts"
import { resolve as resolveScheduler } from "../../../core/src/internal/scheduler/schedulerOptions.ts"
import { table as supervisionTable } from "../../../core/src/internal/watched/supervisionOptions.ts"
import { isWeight } from "../../../core/src/internal/scheduler/weights.ts"
import { pack, unpack } from "../../../core/src/internal/job/transport.ts"
import { placeOf } from "../../../core/src/internal/stalls/stackFrames.ts"
import * as findings from "../../src/cli/doctor/findings.ts"
import * as report from "../../src/cli/doctor/report.ts"
import * as sources from "../../src/cli/doctor/sources.ts"
import { ownerOf } from "../../src/cli/doctor/stack.ts"
import { render, userFrames } from "../../src/cli/text/dumpText.ts"
import type { Dump } from "../../src/cli/text/dumpText.ts"
import { durationMs } from "../../src/cli/durationFlag.ts"
import * as served from "../../src/cli/served.ts"
import * as topState from "../../src/cli/top/state.ts"
import * as topView from "../../src/cli/top/view.ts"
import * as access from "../../src/diagnostics/http/access.ts"
import * as requestTarget from "../../src/diagnostics/http/requestTarget.ts"
import type { Overview } from "../../src/diagnostics/protocol.ts"
import { sealed, unsealed } from "../../src/folders/seal.ts"
import { compile } from "../../src/compiler/host/compile.ts"
import * as server from "../../src/diagnostics/http/server.ts"
import { reader as serveReader } from "../../src/diagnostics/serveOptions.ts"
import { portsIn } from "../../src/inspector/listeningPorts.ts"
import { replyIn } from "../../src/inspector/otherProcess.ts"
import * as execArgv from "../../src/thread/execArgv.ts"
import { linesOf } from "../../src/watch/journal.ts"
import { withFrames } from "../../src/watch/mappedStack.ts"
import { parsed as timesIn } from "../../src/watch/threadTimes.ts"
import { isFromWorker, shown } from "../../src/wire/fromWorker.ts"
import * as plainBytes from "../../src/wire/plainBytes.ts"
import * as slotData from "../../src/wire/slotData.ts"
import type { Random } from "./random.ts"
import { bent, text, value } from "./random.ts"
import type { Parser } from "./run.ts"

function assert(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** Repeats a short piece of the seeds or words. */
const repeated = (
  random: Random,
  seeds: ReadonlyArray<string>,
  words: ReadonlyArray<string>,
  length: number
): string => {
  const pieces = [...words, " ", " (/", "\\", '"', ":1", "\t", "\n", "a", "{", "["]
  const piece = random.of(pieces) + (random.below(2) === 0 ? "" : random.of(pieces))
  const seed = random.of(seeds)
  const at = random.below(seed.length + 1)
  return seed.slice(0, at) + piece.repeat(Math.ceil(length / piece.length)) + random.of(["", "!", seed.slice(at)])
}

const ofText = (
  name: string,
  seeds: ReadonlyArray<string>,
  words: ReadonlyArray<string>,
  check: (input: string) => void,
  share = 1
): Parser<string> => ({
  name,
  make: (random) => text(random, seeds, words),
  check,
  long: (random, length) => repeated(random, seeds, words, length),
  share
})

// --- responses that the command line reads --------------------------------------------------------------------------

const dumpSeed = {
  process: { pid: 1, program: "main.ts", node: "v24.0.0", startedAt: 1 },
  loop: {
    state: "held",
    at: 5000,
    since: 1000,
    heldMs: 4000,
    by: { cause: "slice", fiberId: 1, name: "a", late: false, stack: "Error\n    at f (/a/b.ts:1:2)" }
  },
  source: { from: "memory", ageMs: 5 },
  working: [{ worker: 1, task: "resize", since: 1, heldMs: 100, selfMs: 100, longestMs: 3, slices: 1 }],
  fibers: {
    takenAt: 5000,
    fibers: [
      { id: 1, name: "a", state: "running", startedAt: 1, selfMs: 5, runDelayMs: 1, slices: 2 },
      {
        id: 2,
        parentId: 1,
        state: "waiting",
        since: 3,
        awaits: { kind: "fiber", wakers: [1] },
        startedAt: 1,
        selfMs: 5,
        runDelayMs: 1,
        slices: 2
      },
      {
        id: 3,
        parentId: 2,
        state: "waiting",
        awaits: { kind: "job", job: { task: "t", state: "queued", since: 1 } },
        startedAt: 1,
        selfMs: 5,
        runDelayMs: 1,
        slices: 2
      }
    ]
  }
}

const overviewSeed = {
  at: 2000,
  process: dumpSeed.process,
  thresholdMs: 50,
  loop: dumpSeed.loop,
  lagMs: 1,
  source: dumpSeed.source,
  statistics: { liveFibers: 3, slices: 4, selfMs: 5 },
  usage: [
    {
      name: "a",
      selfMs: 5,
      slices: 1,
      longestMs: 5,
      queued: 3,
      runDelayP50Ms: 1,
      runDelayP99Ms: 1,
      runDelayMs: 7,
      runDelays: [2, 0, 1]
    }
  ],
  delayBoundsMs: [1, 10],
  pool: {
    maxWorkers: 1,
    queued: 0,
    suspended: 0,
    completed: 1,
    failed: 0,
    cancelled: 0,
    killed: 0,
    lanes: [{ worker: 1, phase: "busy", task: "t", forMs: 3, ahead: 0 }]
  },
  working: dumpSeed.working,
  open: [{ key: "k", startedAt: 1, ageMs: 5, by: dumpSeed.loop.by }],
  recent: []
}

const found = { pid: 1, path: "/tmp/1.sock" }

/** The response is read, or refused with `NoResponse`. */
const readsOrRefuses = (body: string, read: (json: unknown) => string): void => {
  const exit = Effect.runSyncExit(served.read(found, body, read))
  if (Exit.isSuccess(exit)) assert(typeof exit.value === "string", "it is no text")
  else
    assert(
      exit.cause.reasons.every(({ _tag }) => _tag === "Fail"),
      String(exit.cause)
    )
}

const responses = (name: string, seed: unknown, read: (json: unknown) => string): Parser<string> => ({
  name,
  make: (random) => {
    const json = JSON.stringify(
      bent(random, seed, ["id", "name", "state", "fibers", "loop", "by", "at"]),
      (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)
    )
    return random.below(10) === 0 ? text(random, [json ?? "null"], ["null", "[]", "{}"]) : (json ?? "null")
  },
  check: (body) => readsOrRefuses(body, read),
  share: 0.2
})

const dumps = responses("responses to dump", dumpSeed, (json) => render(json as Dump))

const overviews = responses("responses to top", overviewSeed, (json) =>
  topView
    .once(topState.seen(topState.seen(topState.initial, json as Overview), json as Overview), 100)
    .map((line) => line.map(([each]) => each).join(""))
    .join("\n")
)

const replies = ofText(
  "replies of an inspector",
  [
    '{"id":1,"result":{"result":{"value":3}}}',
    '{"id":1,"result":{"exceptionDetails":{"text":"no"}}}',
    "null",
    "[]",
    "1"
  ],
  ['"id":', '"result":', "null", "{}", '"exceptionDetails":', "1"],
  (data) => {
    const { id, result } = replyIn(data)
    assert(id === undefined || typeof id === "number", "the id is no number")
    if (result?.exceptionDetails !== undefined) assert(typeof result.exceptionDetails.text === "string", "no text")
    void result?.result?.value
  }
)

// --- values that cross threads --------------------------------------------------------------------------------------

const memory = plainBytes.over(new SharedArrayBuffer(4096))

const plain = (random: Random): unknown =>
  value(random, ["a", "b", "0", "toString", "length", "a longer name than usual"], 4)

const written: Parser = {
  name: "values as bytes",
  make: plain,
  check: (input) => {
    if (plainBytes.write(memory, 8, 4000, [input, "end"]) === -1) return
    plainBytes.open(memory, 8, 4000)
    const read = plainBytes.read()
    assert(isDeepStrictEqual(read, structuredClone(input)), "the value that was read is another one")
    assert(plainBytes.read() === "end", "the value ends elsewhere")
  }
}

const outcomes: Parser<Uint8Array> = {
  name: "bytes of outcomes",
  make: (random) => {
    memory.bytes.fill(0)
    slotData.writeOutcome(memory, 16, { _tag: "Success", value: plain(random) })
    const bytes = Uint8Array.from(memory.bytes.subarray(16, 16 + jobRing.slotBytes))
    for (let changes = random.size(40); changes > 0; changes--)
      bytes[random.below(random.of([8, 64, bytes.length]))] = random.below(256)
    if (random.below(4) === 0) for (let i = 0; i < bytes.length; i++) bytes[i] = random.below(12)
    // arrays within arrays
    if (random.below(20) === 0) for (let i = 0; i < bytes.length; i++) bytes[i] = [8, 0, random.below(3)][i % 3]!
    return bytes
  },
  check: (bytes) => {
    memory.bytes.set(bytes, 16)
    const outcome = slotData.readOutcome(memory, 16)
    assert(typeof outcome._tag === "string", "it is no outcome")
    if (outcome._tag === "JobDied") unpack(outcome.cause)
  }
}

const packedSeed = {
  _tag: "Error",
  error: {
    name: "Quota",
    className: "QuotaExceeded",
    builtIn: "RangeError",
    message: "too many",
    stack: "Quota: too many\n    at f (/a.ts:1:2)",
    fields: [
      ["limit", { _tag: "Value", value: 3 }],
      ["__proto__", { _tag: "Value", value: { polluted: 1 } }]
    ],
    cause: {
      _tag: "Error",
      error: { builtIn: "AggregateError", className: "AggregateError", errors: [{ _tag: "Value", value: 1 }] }
    },
    errors: []
  }
}

const arrived: Parser = {
  name: "errors from a worker",
  make: (random) =>
    bent(random, packedSeed, ["_tag", "error", "value", "cause", "errors", "fields", "message", "name"]),
  check: (input) => {
    const made = unpack(input as never)
    if (!(made instanceof Error)) return
    assert(
      typeof made.message === "string" && typeof made.name === "string" && typeof made.stack === "string",
      "no error"
    )
    void String(made)
  }
}

const thrown: Parser = {
  name: "what a job throws",
  make: (random) => {
    const parts: Array<Error> = Array.from({ length: 1 + random.size(8) }, (_, i) =>
      random.below(2) === 0 ? new AggregateError([], `number ${i}`) : new TypeError(`number ${i}`)
    )
    for (const part of parts) {
      if (random.below(2) === 0) part.cause = random.below(3) === 0 ? plain(random) : random.of(parts)
      if (part instanceof AggregateError)
        part.errors = Array.from({ length: random.size(6) }, () => random.of([...parts, 1]))
      for (let fields = random.size(3); fields > 0; fields--)
        Reflect.set(part, random.of(["a", "code", "name"]), random.of([...parts, plain(random)]))
    }
    return parts[0]
  },
  check: (input) => {
    const made = unpack(structuredClone(pack(input)))
    assert(made instanceof Error, "it is no error")
    // causes end
    let depth = 0
    for (let each: unknown = made; each instanceof Error && depth < 100; each = each.cause) depth++
    assert(depth < 100, "its causes do not end")
  },
  share: 0.2
}

// --- files ----------------------------------------------------------------------------------------------------------

const schedstats = ["123456789 987654 321\n", "0 0 0\n", "1"]
const stats = [
  "17 (node) S 1 17 17 0 -1 4194560 1 0 0 0 3 14 0 0 20 0 1 0 5\n",
  "1 (a) b)) R 1 1 1 0 -1 4 1 0 0 0 3 1\n"
]

const procTimes: Parser<readonly [string, string]> = {
  name: "/proc/…/schedstat and stat",
  make: (random) => [text(random, schedstats, [" ", "0", "1"]), text(random, stats, [") R ", " ", "0", "("])],
  check: ([schedstat, stat]) => {
    const reading = timesIn(7, schedstat, stat)
    if (reading === undefined) return
    const { asleep, noCoreMs, ranMs, systemMs } = reading
    assert(
      [noCoreMs, ranMs, systemMs].every((ms) => Number.isFinite(ms) && ms >= 0),
      "a time is none"
    )
    assert(typeof asleep === "boolean", "asleep is neither")
  },
  long: (random, length) => [
    repeated(random, schedstats, [" 1"], length),
    repeated(random, stats, [") R ", " 1"], length)
  ]
}

const tcp =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 0100007F:240D 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4711 1 0 100 0 0 10 0\n"

const ports = ofText("/proc/…/net/tcp", [tcp, "", tcp + tcp], ["0A", ":240D", "4711", " ", "\n"], (table) => {
  for (const port of portsIn(table, new Set(["4711"]))) assert(port >= 0 && port <= 65_535, `port ${port}`)
})

const stalledLine = JSON.stringify({
  _tag: "Stalled",
  stall: {
    startedAt: 100,
    durationMs: 100,
    unobservedMs: 0,
    cause: "slice",
    fiberId: 1,
    name: "a",
    place: { file: "a.ts", line: 1, function: "f" },
    late: false,
    stack: "Error\n    at f (/work/a.ts:1:2)",
    text: "a stall",
    fix: "a fix",
    fingerprint: "f"
  }
})
const journalSeeds = [
  `${JSON.stringify({ _tag: "Began", pid: 1, at: 1, command: "node", surroundings: { cwd: "/work", own: ["/own/"] } })}\n${stalledLine}\n`,
  `${stalledLine}\n${JSON.stringify({ _tag: "Linted", findings: [{ lint: "l", message: "m", fix: "f" }] })}\n`,
  `${JSON.stringify({ _tag: "Stalls", key: "k", stall: (JSON.parse(stalledLine) as { stall: unknown }).stall })}\n{"_tag":"Unwatched","why":"no"}\n`
]

const journals: Parser<string> = {
  ...ofText("journals of the doctor", journalSeeds, ["null", '"Began"', '"stall":', "\n", "{}", "[]", "1"], (input) => {
    const limits = { budgetMs: 20, graceMs: 0, dependencies: false }
    const all = findings.find([linesOf(input)], limits, (frame) => frame)
    const told = report.render(all, { command: "node", ...limits, tookMs: 1, failOnLints: false }, process.stderr)
    assert(typeof told === "string", "no report")
    report.junit(all, { command: "node", ...limits, tookMs: 1, failOnLints: false })
  }),
  share: 0.3
}

let folder: string | undefined
const file = (): string => {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), "giveway-fuzz-"))
    folder = made
    process.once("exit", () => rmSync(made, { recursive: true, force: true }))
  }
  return join(folder, "bundled.js")
}

const mapSeed = {
  version: 3,
  sources: ["a.ts", "webpack://package/./src/b.ts"],
  names: ["f"],
  mappings: "AAAA,SAASA;ACCT,IAAI",
  sourceRoot: ""
}

const maps: Parser<string> = {
  name: "source maps",
  make: (random) => {
    const json = JSON.stringify(
      bent(random, mapSeed, ["version", "sources", "mappings", "sections", "map", "offset"]),
      (_, each: unknown) => (typeof each === "bigint" ? String(each) : each)
    )
    const changed =
      random.below(3) === 0
        ? text(random, [json ?? "null"], ["AAAA", ";", ",", "gggggggggB", "sections"])
        : (json ?? "null")
    const encoded =
      random.below(2) === 0
        ? `;base64,${Buffer.from(changed).toString("base64")}`
        : `,${encodeURIComponent(changed.toWellFormed())}`
    return text(
      random,
      [`f()\n//# sourceMappingURL=data:application/json${encoded}`],
      ["//# sourceMappingURL=", "data:", "*/", "\n"]
    )
  },
  check: (content) => {
    writeFileSync(file(), content)
    const frame = sources.make()({ file: file(), line: 1, column: 3, function: "f", isAsync: false })
    assert(typeof frame.file === "string" && Number.isSafeInteger(frame.line) && frame.line >= 1, "it is no place")
    assert(frame.column === undefined || (Number.isSafeInteger(frame.column) && frame.column >= 1), "it is no column")
  },
  long: (random, length) =>
    repeated(
      random,
      ["//# sourceMappingURL=a", "f()\n//# sourceMappingURL=data:,"],
      ["//#", "//# sourceMappingURL=", "*/"],
      length
    ),
  share: 0.02
}

// --- texts ----------------------------------------------------------------------------------------------------------

const stackSeeds = [
  "Error: held\n    at f (/work/a.ts:1:2)\n    at async Object.g [as h] (file:///work/node_modules/b/c.js:3:4)\n    at node:internal/process:5:6",
  "    at new Point (C:\\work\\a.ts:1:2)\n    at evalmachine.<anonymous>:1:1\n    at <anonymous>"
]
const stackWords = [
  "    at ",
  " (",
  "/work/",
  "node:",
  "file://",
  ":1",
  ":1:2)",
  "/node_modules/",
  "[as ",
  "async ",
  "evalmachine"
]

const stacks = ofText(
  "stacks",
  stackSeeds,
  stackWords,
  (stack) => {
    const surroundings = { cwd: "/work", own: ["/own/"] }
    for (const frame of Sysmon.frames(stack)) assert(frame.line >= 0 && frame.file !== "", "it is no frame")
    placeOf(stack, surroundings)
    ownerOf(stack, surroundings)
    userFrames(stack)
    withFrames(stack, (frame) => ({ ...frame, line: 1 }))
  },
  0.5
)

const durationFlags = ofText(
  "durations of flags",
  ["50", "1.5 s", "2 minutes", "50ms", " .5 h "],
  ["ms", "minutes", " ", "1", "."],
  (input) => {
    const ms = durationMs(input)
    assert(ms === undefined || (Number.isFinite(ms) && ms >= 0), `${ms}`)
  }
)

const nodeOptions = ofText(
  "NODE_OPTIONS",
  ["--require ./a.js", '--import="./a b.js" --permission', '--allow-fs-read="\\"'],
  ['"', "\\", " ", "--import"],
  (input) => {
    assert(
      execArgv.wordsOf(input).every((word) => typeof word === "string"),
      "it is no word"
    )
    execArgv.bare({ execArgv: [], env: { NODE_OPTIONS: input } }, false)
    execArgv.forJobs({ execArgv: [], env: { NODE_OPTIONS: input } })
  }
)

const readOptions = fields({
  turn: or(duration({ positive: true, suchAs: "3 millis" }), 2),
  grace: or(duration({ suchAs: "1 second" }), 250),
  timeout: optional(duration({ endless: true, suchAs: "1 second" })),
  workers: or(wholeNumber(1, 1024), 4),
  name: optional(textReader),
  on: or(boolean, true),
  queue: fields({
    overflow: or(literal("fail", "drop"), "fail"),
    names: or(array("an array of texts", textReader), [])
  })
})

const options: Parser = {
  name: "options",
  make: (random) =>
    bent(
      random,
      {
        turn: "3 millis",
        grace: [1, 2],
        timeout: { seconds: random.of([1, 0.5, -0, 5e-324, 1e308, NaN]) },
        workers: random.of([4, -0, 1e308, 2 ** 53]),
        name: "n",
        on: false,
        queue: { overflow: "fail", names: ["a"] }
      },
      ["turn", "grace", "workers", "nmae", "queue", "overflow", "constructor"]
    ),
  check: (input) => {
    const read = readOptions(input, "Part", "")
    if (Result.isFailure(read)) {
      assert(read.failure instanceof InvalidOption && read.failure.message.length < 2000, "it is no refusal")
      return
    }
    const { grace, timeout, turn, workers } = read.success
    assert(
      turn >= 0.001 && turn <= 2 ** 31 && grace >= 0 && grace <= 2 ** 31 && !Object.is(grace, -0),
      "it is no duration"
    )
    assert(timeout === undefined || timeout >= 0, "it is no timeout")
    assert(workers >= 1 && workers <= 1024, "it is no number of workers")
    const weight = (input as { readonly timeout?: { readonly seconds?: number } } | undefined)?.timeout?.seconds
    assert(weight === undefined || !isWeight(weight) || (1 / weight) * 1000 > 0, "it is no weight")
  },
  share: 0.3
}

const tables: ReadonlyArray<readonly [seed: unknown, reader: Reader<unknown>]> = [
  [{ turn: "3 millis", slice: 1 }, (given) => resolveScheduler(given as never)],
  [{ threshold: 50, logs: true, grace: "1 second", perMinute: { alike: 3, all: 60 } }, fields(supervisionTable)],
  [
    {
      name: "s",
      strategy: "one-for-all",
      intensity: { restarts: 3, within: 5 },
      backoff: { first: 1, most: "3 seconds" }
    },
    fields(superviseTable)
  ],
  [{ socket: true, port: 80, host: "127.0.0.1", token: "a long token, chosen at random", signal: false }, serveReader]
]

const isNumberOrNone = (part: unknown): boolean =>
  typeof part === "object" && part !== null
    ? Object.values(part).every(isNumberOrNone)
    : typeof part !== "number" || (part >= 0 && !Object.is(part, -0))

const optionsOfParts: Parser<readonly [table: number, given: unknown]> = {
  name: "options of all parts",
  make: (random) => {
    const table = random.below(tables.length)
    const given = bent(random, tables[table]![0], [
      "turn",
      "slice",
      "name",
      "intensity",
      "within",
      "port",
      "token",
      "logs"
    ])
    return [table, random.below(30) === 0 ? undefined : given]
  },
  check: ([table, given]) => {
    const read = tables[table]![1](given, "Part", "")
    if (Result.isSuccess(read)) assert(isNumberOrNone(read.success), "a number is none")
    else assert(read.failure instanceof InvalidOption && read.failure.message.length < 2000, "it is no refusal")
  },
  share: 0.3
}

// --- requests to the diagnostics -------------------------------------------------------------------------------------

const requestSeed = [
  "/fibers?token=a%20b",
  "host: 127.0.0.1:9464",
  "cookie: other=1; giveway-token=correct-horse",
  "authorization: Bearer correct-horse",
  "origin: http://127.0.0.1:9464",
  "sec-fetch-site: same-origin",
  "sec-fetch-mode: navigate",
  "sec-fetch-dest: document"
].join("\n")

/** The first line is the target, the others are headers. No input is the token of 40 letters. */
const requests = ofText(
  "requests",
  [requestSeed, "//", "http://[", "*\nhost: [::1", "/\ncookie: giveway-token=%"],
  ["giveway-token=", "%", "%ff", "//", "[", "?token=", "; ", ":1", "\ncookie: ", "\nhost: ", "\norigin: ", "localhost"],
  (input) => {
    const [url, ...lines] = input.split("\n")
    const headers = Object.fromEntries(lines.map((line) => line.split(/: (.*)/s) as [string, string]))
    const { path, query } = requestTarget.parse(url) ?? { path: url!, query: new URLSearchParams(url) }
    const refused = access.refusal("t".repeat(40), headers, query, path)
    assert(refused?.status === 401 || refused?.status === 403, "a stranger may read")
    const open = access.refusal(undefined, headers, query, path)
    const host = headers["host"] ?? ""
    assert(open !== undefined || /^(localhost|127[\d.]+|\[?::1\]?)(:\d+)?$/i.test(host), "a name of others may read")
  }
)

const servers = [undefined, "a token; with signs"].flatMap((token) =>
  [true, false].map((guarded) =>
    server.make({
      endpoints: [
        { path: "/metrics", about: "numbers", respond: ({ response }) => void response.writeHead(200).end("1") }
      ],
      look: () => ({ state: "turning", at: 1 }),
      guarded,
      token
    })
  )
)

interface Asked {
  readonly server: number
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

const urls = ["/", "/metrics", "/?token=a%20token", "//", "http://[", "http://host/metrics", "*", "/a/../b?x=1&y=%"]
const headerTexts = [
  "giveway-token=%",
  "a=1; giveway-token=a%20token",
  "Bearer a token; with signs",
  "127.0.0.1:9464",
  "[::1]:1"
]
const targetWords = ["giveway-token=", "token=", "Bearer ", "; ", "http://", "//", "[", "]", "@", "%"]

/** The whole way from a request to its status. */
const answered: Parser<Asked> = {
  name: "answers to requests",
  make: (random) => ({
    server: random.below(servers.length),
    method: random.of(["GET", "HEAD", "POST", "OPTIONS", text(random, ["GET"], [])]),
    url: text(random, urls, targetWords),
    headers: Object.fromEntries(
      ["host", "cookie", "authorization", "origin"]
        .filter(() => random.below(2) === 0)
        .map((name) => [name, text(random, headerTexts, targetWords)])
    )
  }),
  check: (asked) => {
    let status = 0
    let isOver = false
    const response = {
      headersSent: false,
      statusCode: 200,
      setHeader: () => response,
      removeHeader: () => response,
      hasHeader: () => false,
      getHeader: () => undefined,
      on: () => response,
      once: () => response,
      writeHead: (code: number) => {
        status = code
        return response
      },
      write: () => true,
      destroy: () => void (isOver = true),
      end: () => {
        isOver = true
        return response
      }
    }
    const request = { ...asked, socket: { destroy: () => {} }, on: () => request, resume: () => request }
    servers[asked.server]!.emit("request", request, response)
    assert(isOver, "the request has no response")
    const known = [200, 303, 400, 401, 403, 404, 405, 414, 421, 429, 431]
    assert(known.includes(status === 0 ? response.statusCode : status), `status ${status}`)
  },
  long: (random, length) => ({
    server: random.below(servers.length),
    method: "GET",
    url: repeated(random, urls, targetWords, length),
    headers: { host: "127.0.0.1", cookie: repeated(random, headerTexts, targetWords, length) }
  }),
  share: 0.5
}

const entryText = JSON.stringify({ code: "export const a = 1", diagnostics: [], handlers: [] })
const entryKey = "a".repeat(64)
const otherEntries = ["", sealed("b".repeat(64), entryText), entryText, `${entryKey}\n${entryText}`]

const cacheEntries: Parser<string> = {
  ...ofText(
    "cache entries",
    [sealed(entryKey, entryText), ...otherEntries],
    ["\n", "{", entryKey, '"code":'],
    (input) => {
      const entry = unsealed(entryKey, input)
      assert(entry === undefined || entry === entryText, "it is another entry than was written")
    }
  ),
  share: 0.5
}

const fixtures = fileURLToPath(new URL("../compiler/fixtures/", import.meta.url))

const sourceSeeds = readdirSync(fixtures)
  .map((name) => readFileSync(join(fixtures, name, "input.ts"), "utf8"))
  .filter((source) => source.length < 4000)

const sourceWords = [
  '"use steppable"',
  "Pure.fn(",
  "function* ",
  "async ",
  "class C ",
  "extends ",
  "=> ",
  "${",
  "`",
  "/*",
  "//",
  "for (;;) ",
  "for (const x of y) ",
  "yield* ",
  "await ",
  "super",
  "this",
  "arguments",
  "#p",
  "?.",
  "...",
  "= {}",
  ": T",
  "<T>",
  "label: ",
  "break ",
  "import ",
  "export default ",
  "\\u0061",
  "\uFDD0"
]

const parses = (file: string, source: string): boolean =>
  parseSync(file, source, { sourceType: "module" }).errors.length === 0

interface Source {
  readonly file: string
  readonly source: string
}

/** Programs that are nearly right: the compiler leaves them alone, or writes a program. */
const sourcesOfPrograms: Parser<Source> = {
  name: "sources of programs",
  make: (random) => ({ file: random.of(["a.ts", "a.js"]), source: text(random, sourceSeeds, sourceWords) }),
  check: ({ file, source }) => {
    const { code, diagnostics } = compile(source, { file })
    assert(code === source || parses("a.js", code), "the code that it wrote cannot be parsed")
    // Node's own reader of TypeScript takes some that another parser refuses
    assert(
      code === source || file === "a.ts" || parses(file, source),
      "it wrote code for a source that cannot be parsed"
    )
    for (const { column, line } of diagnostics) assert(line >= 1 && column >= 1, "a diagnostic without a place")
  },
  share: 0.02
}

const cause = { _tag: "Value", value: 1 }

/** Messages as a worker's loop sends them. */
const messageSeeds: ReadonlyArray<unknown> = [
  { _tag: "Ready", complaints: ["a"], losses: [], cold: [{ moduleUrl: "m", name: "n", cause }], thread: 1, heapMb: 64 },
  { _tag: "Handlers", moduleUrl: "m", handlers: [{ task: "t", reason: undefined }] },
  { _tag: "Stray", harm: { _tag: "Thrown", task: "t", cause } },
  { _tag: "Done", job: 1, outcome: { _tag: "Batch", values: [1], stopped: { _tag: "JobDied", cause }, ranMs: 1 } },
  { _tag: "Elements", job: 1, elements: [1] },
  { _tag: "Output", to: "stdout", chunk: "text", units: 9 },
  ...[
    { _tag: "Log", time: 1, level: "Info", message: [cause], cause: [], annotations: [], spans: [["a", 1]], span: 0 },
    {
      _tag: "Log",
      time: 1,
      level: "Info",
      message: cause,
      cause: [{ _tag: "Die", defect: cause }],
      annotations: [["a", cause]],
      spans: [],
      span: 1
    },
    {
      _tag: "SpanStart",
      span: 1,
      parent: 0,
      name: "n",
      kind: "internal",
      startTime: 1n,
      sampled: true,
      root: false,
      links: [{ traceId: "a", spanId: "b", sampled: true }]
    },
    { _tag: "SpanAttribute", span: 1, key: "k", value: cause },
    { _tag: "SpanEvent", span: 1, name: "n", time: 1n, attributes: [["k", cause]] },
    { _tag: "SpanLinks", span: 1, links: [] },
    { _tag: "SpanEnd", span: 1, endTime: 1n, cause: [{ _tag: "Fail", error: cause }] },
    { _tag: "LeftOut", task: "t", lines: 1, spans: 1, bytes: 1 }
  ].map((signal) => ({ _tag: "Signal", job: 1, signal, units: 9 }))
]

const silent = Context.make(Logger.CurrentLoggers, new Set<Logger.Logger<unknown, unknown>>())

const workerMessages: Parser = {
  name: "messages of workers",
  make: (random) =>
    bent(random, random.of(messageSeeds), [
      "_tag",
      "job",
      "units",
      "signal",
      "outcome",
      "cause",
      "span",
      "links",
      "values"
    ]),
  check: (input) => {
    assert(typeof shown(input) === "string", "it has no words")
    if (!isFromWorker(input) || input === null || input._tag !== "Signal") return
    const told = { cache: {}, context: silent } as unknown as Parameters<typeof telemetry.receiver>[1]
    const receiver = telemetry.receiver({} as Parameters<typeof telemetry.receiver>[0], told)
    const start = { _tag: "SpanStart", span: 1, parent: undefined, name: "n", kind: "internal", startTime: 1n } as const
    receiver.receive({ ...start, sampled: true, root: true, links: [] })
    receiver.receive(input.signal)
    receiver.close()
  }
}

/** All of them. */
export const parsers: ReadonlyArray<Parser> = [
  dumps,
  overviews,
  replies,
  written,
  outcomes,
  arrived,
  thrown,
  procTimes,
  ports,
  journals,
  maps,
  stacks,
  durationFlags,
  nodeOptions,
  options,
  optionsOfParts,
  requests,
  answered,
  cacheEntries,
  sourcesOfPrograms,
  workerMessages
]
