import { assert, describe, it } from "@effect/vitest"
import { pageModule } from "./pageModule.ts"

const { issueText, stallsOf } = await pageModule("stalls.js")

const process = { giveway: "0.1.0", node: "v24.21.0", program: "server.js", pid: 1, startedAt: 0 }

const stack = [
  "Error: now",
  "    at bestTotal (file:///home/alice/shop/src/discounts.js:14:9)",
  "    at /home/alice/shop/src/checkout.js:3:5",
  "    at other (/Users/alice/lib/index.js:1:1)",
  "    at node:internal/timers:581:17"
].join("\n")

const place = { file: "src/discounts.js", line: 14, function: "bestTotal" }

const ended = {
  id: 3,
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  durationMs: 5123,
  cause: "slice",
  hog: { fiberId: 47, name: "POST /checkout", place, stack, late: false },
  shares: [],
  slices: 1,
  parts: { gcMs: 12, systemMs: 0, blockedMs: 0, noCoreMs: 0 },
  victims: {
    ready: 2,
    longestWaitMs: 5000,
    overdueTimers: 20,
    longestLateMs: 5100,
    fibers: [{ fiberId: 9, name: "GET /product", waitedFor: "timer", waitedMs: 5100 }]
  }
}

describe("a stall as text for an issue", () => {
  it("has its cause, culprit, line, stack, victims and versions, and no home folder", () => {
    const [stall] = stallsOf({ open: [], recent: [ended] })
    const text: string = issueText(stall, process)
    for (const part of [
      "POST /checkout held the event loop for 5.1 s\n",
      "culprit   POST /checkout, fiber #47\n",
      "at        src/discounts.js:14 in bestTotal\n",
      "cause     slice: a fiber computes on and on\n",
      "from      2026-01-02T03:04:05.000Z, for 5.1 s\n",
      "waited    22 fibers: 2 ready without a slice, 20 with an overdue timer; up to 5.1 s\n",
      "versions  giveway 0.1.0, node v24.21.0\n",
      "    at bestTotal (src/discounts.js:14:9)\n",
      "    at src/checkout.js:3:5\n",
      "    GET /product #9 waited 5.1 s for its timer\n"
    ]) {
      assert.include(text, part)
    }
    assert.notInclude(text, "alice")
    assert.notInclude(text, "node:internal")
  })

  it("tells of a stall that lasts what is known", () => {
    const by = { ...ended.hog, cause: "slice", name: undefined, fiberId: 5, stack: undefined, place: undefined }
    const [stall] = stallsOf({ open: [{ key: "k", startedAt: ended.startedAt, ageMs: 900, by }], recent: [] })
    const waiting = { ready: 1, longestWaitMs: 800, overdueTimers: 0, longestLateMs: 0 }
    const text: string = issueText(stall, { ...process, giveway: undefined }, waiting)
    assert.include(text, "fiber #5 has held the event loop for 900 ms\n")
    assert.include(text, "from      2026-01-02T03:04:05.000Z, for 900 ms so far\n")
    assert.include(text, "waiting   1 fiber: 1 ready without a slice; up to 800 ms\n")
    assert.include(text, "none of the program was sampled in it")
    assert.include(text, "giveway unknown")
  })

  it("keeps each name on its line, so none ends the fence", () => {
    const name = "a\n```\n# b\u001b[31m\u202e"
    const hog = { ...ended.hog, name, place: { ...place, file: name } }
    const [stall] = stallsOf({ open: [], recent: [{ ...ended, hog }] })
    const lines = (issueText(stall, { ...process, program: name }) as string).trimEnd().split("\n")
    assert.strictEqual(lines[0], "```text")
    assert.strictEqual(lines.at(-1), "```")
    for (const line of lines.slice(1, -1)) assert.notMatch(line, /^ {0,3}```|^#|[^\P{C}]/u)
  })
})
