/**
 * The pure parts of what is served: how numbers are said.
 */
import { assert, describe, it } from "@effect/vitest"
import type { NodeDiagnostics } from "@giveway/node"
import * as loop from "../../src/diagnostics/loop.ts"
import * as metricsText from "../../src/diagnostics/metricsText.ts"
import * as prometheus from "../prometheus.ts"

const overview: NodeDiagnostics.Overview = {
  at: 2000,
  process: { pid: 1, program: "a.ts", node: "v24", startedAt: 0 },
  thresholdMs: 50,
  loop: {
    state: "held",
    at: 2000,
    since: 1000,
    heldMs: 1000,
    by: { cause: "slice", fiberId: 3, name: 'GET "/a\\b"\n', place: undefined, stack: undefined, late: false }
  },
  lagMs: 0,
  source: { from: "interrupt", ageMs: 1 },
  statistics: undefined,
  usage: [
    {
      name: undefined,
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
  delayBoundsMs: [1, 2],
  pool: undefined,
  working: [],
  open: [],
  recent: []
}

const lags = { counts: [5, 0, 1, ...Array.from({ length: 13 }, () => 0)], sumMs: 4.5 }

/** As the program says it of itself. */
const counted =
  '# HELP giveway_stalls_total by cause\n# TYPE giveway_stalls_total counter\ngiveway_stalls_total{cause="gc"} 1\n'

describe("metrics", () => {
  const text = metricsText.render(overview, new Map([["gc", { count: 2, ms: 120 }]]), lags, `${counted}orders 5\n`)

  it("escape what names contain", () => {
    assert.include(text, String.raw`giveway_loop_hog_info{cause="slice",fiber="3",name="GET \"/a\\b\"\\x0a"} 1`)
  })

  it("tell how late the loop's timers were", () => {
    assert.include(
      text,
      'giveway_loop_lateness_seconds_bucket{le="0.002"} 5\ngiveway_loop_lateness_seconds_bucket{le="0.004"} 6\n'
    )
    assert.include(text, "giveway_loop_lateness_seconds_sum 0.0045\ngiveway_loop_lateness_seconds_count 6\n")
  })

  it("cumulate the histogram of run delays", () => {
    const lines = text.split("\n").filter((line) => line.startsWith("giveway_run_delay_seconds_"))
    assert.deepStrictEqual(lines, [
      'giveway_run_delay_seconds_bucket{le="0.001"} 2',
      'giveway_run_delay_seconds_bucket{le="0.002"} 2',
      'giveway_run_delay_seconds_bucket{le="+Inf"} 3',
      "giveway_run_delay_seconds_sum 0.007",
      "giveway_run_delay_seconds_count 3"
    ])
  })

  it("are lines of name and value or comments, the program's last", () => {
    assert.include(text, 'giveway_stalls_total{cause="gc"} 2')
    for (const line of text.trimEnd().split("\n")) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.]+)$/)
    assert.isTrue(text.endsWith("orders 5\n"))
  })

  it("have one family of stalls, though the program counts them too", () => {
    assert.lengthOf(text.match(/^giveway_stalls_total\{/gm)!, 1)
    assert.lengthOf(text.match(/^# TYPE giveway_stalls_total /gm)!, 1)
  })
})

describe("a page of metrics", () => {
  const working = [1, 1, 2].map((worker) => ({
    worker,
    task: "resize",
    heldMs: 1500,
    selfMs: 1,
    slices: 1,
    longestMs: 1
  }))
  const lane = { worker: 1, phase: "busy" } as unknown as NodeDiagnostics.Lane
  const full = {
    ...overview,
    loop: { ...overview.loop, heldMs: 1500 },
    lagMs: 12,
    statistics: { liveFibers: 3, slices: 5 },
    usage: [...overview.usage, { ...overview.usage[0]!, name: "" }, { ...overview.usage[0]!, name: "(others)" }],
    pool: { lanes: [lane, lane] },
    working
  } as unknown as NodeDiagnostics.Overview
  const program = [
    "# HELP giveway_compute_workers Live threads",
    "# TYPE giveway_compute_workers gauge",
    "giveway_compute_workers 3",
    "# TYPE giveway_fibers gauge",
    "giveway_fibers 99",
    "# HELP giveway_fibers_of_mine Mine",
    "# TYPE giveway_fibers_of_mine gauge",
    "giveway_fibers_of_mine 1",
    ""
  ].join("\n")
  const text = metricsText.render(full, new Map([["gc", { count: 2, ms: 1200 }]]), lags, counted + program)

  it("has each family once, under the names and in the units of Prometheus", () => {
    const families = prometheus.read(text, "giveway_")
    const value = (name: string, labels = "") => families.get(name)?.samples.get(`${name}${labels}`)
    assert.strictEqual(value("giveway_loop_held_seconds"), 1.5)
    assert.strictEqual(value("giveway_loop_lag_seconds"), 0.012)
    assert.strictEqual(value("giveway_stalls_total", '{cause="gc"}'), 2)
    assert.strictEqual(value("giveway_stalled_seconds_total", '{cause="gc"}'), 1.2)
    assert.strictEqual(value("giveway_slices_total"), 5)
    assert.strictEqual(value("giveway_compute_workers"), 3)
    assert.strictEqual(value("giveway_pool_workers", '{phase="busy"}'), 2)
    assert.strictEqual(value("giveway_worker_held_seconds", '{worker="1",task="resize"}'), 1.5)
  })

  it("takes its own of two families, and leaves the rest of the program's", () => {
    const families = prometheus.read(text, "giveway_")
    assert.strictEqual(families.get("giveway_fibers")?.samples.get("giveway_fibers"), 3)
    assert.strictEqual(families.get("giveway_fibers_of_mine")?.samples.get("giveway_fibers_of_mine"), 1)
  })

  it("is refused by the reader of these tests when it breaks the format", () => {
    const gauge = "# HELP giveway_a A\n# TYPE giveway_a gauge\n"
    assert.throws(() => prometheus.read(`${gauge}giveway_a 1\n${gauge}giveway_a 2\n`), /twice/)
    assert.throws(() => prometheus.read(`${gauge}giveway_a 1\ngiveway_a 1\n`), /twice/)
    assert.throws(() => prometheus.read(`${gauge}giveway_b 1\n`), /among/)
    assert.throws(() => prometheus.read(gauge.replace("_a gauge", "_a_ms gauge")), /without samples/)
    assert.throws(
      () => prometheus.read("# HELP giveway_a_ms A\n# TYPE giveway_a_ms gauge\ngiveway_a_ms 1\n"),
      /base unit/
    )
    assert.throws(() => prometheus.read(`${gauge.replace("gauge", "counter")}giveway_a 1\n`), /_total/)
  })
})

describe("the header", () => {
  it("says in a line who holds the loop", () => {
    assert.strictEqual(loop.describe({ state: "turning", at: 0 }), "turning")
    const { loop: held } = overview
    if (held.state !== "held") return assert.fail()
    const place = { file: "a.ts", line: 4, function: undefined }
    assert.strictEqual(
      loop.describe({ ...held, by: { ...held.by, name: "a", place } }),
      "held for 1000 ms by a (fiber #3) at a.ts:4"
    )
  })
})
