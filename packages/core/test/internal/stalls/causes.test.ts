import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Evidence } from "../../../src/internal/stalls/causes.ts"
import * as causes from "../../../src/internal/stalls/causes.ts"

const computed: Evidence = {
  kind: "slice",
  thresholdMs: 50,
  durationMs: 100,
  stoppedMs: 0,
  noCoreMs: 0,
  gcMs: 0,
  systemMs: 0,
  blockedMs: 0,
  flooded: false,
  silent: false,
  shown: undefined,
  seen: true,
  active: false,
  debugged: false
}

describe("the cause of a stall", () => {
  it.for([
    ["slice", {}],
    ["native", { silent: true }],
    // native code that allocates has the kernel find pages for it
    ["native", { silent: true, systemMs: 45 }],
    ["sync-syscall", { silent: true, blockedMs: 90 }],
    ["sync-syscall", { systemMs: 80 }],
    // Linux counts computing as the kernel's for a while
    ["slice", { systemMs: 99, shown: "code" }],
    ["native", { systemMs: 99, shown: "code", silent: true }],
    ["microtask-flood", { kind: "loop", flooded: true, systemMs: 99 }],
    // but it sleeps only when it asks for something
    ["sync-syscall", { systemMs: 24, blockedMs: 41, shown: "code" }],
    ["sync-syscall", { systemMs: 38, blockedMs: 16, silent: true, shown: "kernel" }],
    ["gc", { silent: true, gcMs: 60 }],
    ["os-starved", { noCoreMs: 70 }],
    ["suspended", { stoppedMs: 90, silent: true }],
    // it would have been one on a machine of its own too
    ["slice", { durationMs: 200, noCoreMs: 120 }],
    ["convoy", { kind: "convoy", systemMs: 80, silent: true }],
    ["loop", { kind: "loop" }],
    ["microtask-flood", { kind: "loop", flooded: true }],
    ["native", { kind: "loop", silent: true }],
    // an idle loop whose timer came late, or that waited for a lock: none of its code was seen
    ["os-starved", { kind: "loop", seen: false, blockedMs: 95 }],
    ["os-starved", { kind: "loop", seen: false, blockedMs: 40, noCoreMs: 40 }],
    ["os-starved", { seen: false, durationMs: 164, blockedMs: 93, noCoreMs: 69 }],
    ["sync-syscall", { seen: false, silent: true, blockedMs: 95 }],
    ["loop", { kind: "loop", seen: false }],
    ["sync-syscall", { kind: "loop", blockedMs: 95 }],
    ["debugger", { debugged: true, blockedMs: 95, shown: "code" }],
    ["debugger", { kind: "loop", seen: false, debugged: true, blockedMs: 95 }],
    // with a debugger attached, and nobody at a breakpoint
    ["slice", { debugged: true, shown: "code" }]
  ] as const)("is %s by %o", ([cause, evidence]) => {
    assert.strictEqual(causes.of({ ...computed, ...evidence }), cause)
  })

  it("is the operating system's only if the thread had less of a core than it waited for", () => {
    const ms = fc.integer({ min: 0, max: 1000 })
    const blamed = fc.sample(fc.tuple(ms, ms, ms, ms), 500).map(([observed, stoppedMs, noCoreMs, gcMs]) => {
      const durationMs = observed + stoppedMs + noCoreMs
      const cause = causes.of({ ...computed, durationMs, stoppedMs, noCoreMs, gcMs })
      return { observed, standing: stoppedMs + noCoreMs, isMachines: cause === "os-starved" || cause === "suspended" }
    })
    for (const { isMachines, observed, standing } of blamed) {
      assert.strictEqual(isMachines, observed < 50 && observed < standing)
    }
  })
})
