/**
 * The pure parts of what is served: who may read, and how numbers are said.
 */
import { assert, describe, it } from "@effect/vitest"
import type { NodeDiagnostics } from "@giveway/node"
import * as access from "../../src/diagnostics/access.ts"
import * as loop from "../../src/diagnostics/loop.ts"
import * as metricsText from "../../src/diagnostics/metricsText.ts"

const refusedOn = (headers: Record<string, string>, token?: string, query = ""): number | undefined =>
  access.refusal(token, headers, new URLSearchParams(query))?.status

describe("access", () => {
  it("without a token is for loopback names only", () => {
    for (const host of ["localhost:9464", "127.0.0.1:9464", "127.1.2.3", "[::1]:9464"]) {
      assert.isUndefined(refusedOn({ host }), host)
    }
    for (const host of ["evil.example", "127.0.0.1.evil.example:9464", "", "10.0.0.1"]) {
      assert.strictEqual(refusedOn({ host }), 403, host)
    }
  })

  it("with a token is for who knows it, wherever it is sent", () => {
    const token = "a token; with signs"
    const cookie = `other=1; ${access.cookieName}=${encodeURIComponent(token)}`
    assert.isUndefined(refusedOn({ host: "any", authorization: `Bearer ${token}` }, token))
    assert.isUndefined(refusedOn({ host: "any", cookie }, token))
    assert.isUndefined(refusedOn({ host: "any" }, token, `token=${encodeURIComponent(token)}`))
    assert.strictEqual(refusedOn({ host: "127.0.0.1" }, token), 401)
    assert.strictEqual(refusedOn({ host: "any", authorization: "Bearer a token" }, token), 401)
  })
})

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
const counted = '# HELP giveway_stalls by cause\n# TYPE giveway_stalls counter\ngiveway_stalls{cause="gc"} 1\n'

describe("metrics", () => {
  const text = metricsText.render(overview, new Map([["gc", { count: 2, ms: 120 }]]), lags, `${counted}orders 5\n`)

  it("escape what names contain", () => {
    assert.include(text, String.raw`giveway_loop_hog_info{cause="slice",fiber="3",name="GET \"/a\\b\"\n"} 1`)
  })

  it("tell how late the loop's timers were", () => {
    assert.include(text, 'giveway_loop_lateness_ms_bucket{le="2"} 5\ngiveway_loop_lateness_ms_bucket{le="4"} 6\n')
    assert.include(text, "giveway_loop_lateness_ms_sum 4.5\ngiveway_loop_lateness_ms_count 6\n")
  })

  it("cumulate the histogram of run delays", () => {
    const lines = text.split("\n").filter((line) => line.startsWith("giveway_run_delay_ms"))
    assert.deepStrictEqual(lines, [
      'giveway_run_delay_ms_bucket{le="1"} 2',
      'giveway_run_delay_ms_bucket{le="2"} 2',
      'giveway_run_delay_ms_bucket{le="+Inf"} 3',
      "giveway_run_delay_ms_count 3"
    ])
  })

  it("are lines of name and value or comments, the program's last", () => {
    assert.include(text, 'giveway_stalls{cause="gc"} 2')
    for (const line of text.trimEnd().split("\n")) assert.match(line, /^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? [\d.]+)$/)
    assert.isTrue(text.endsWith("orders 5\n"))
  })

  it("have one family of stalls, though the program counts them too", () => {
    assert.lengthOf(text.match(/^giveway_stalls\{/gm)!, 1)
    assert.lengthOf(text.match(/^# TYPE giveway_stalls /gm)!, 1)
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
