import { assert, describe, it } from "@effect/vitest"
import { FiberDump } from "@giveway/core"
import { Schema } from "effect"

const fiber = (id: number, parentId: number | undefined, name: string | undefined): FiberDump.FiberInfo => ({
  id,
  parentId,
  name,
  state: "waiting",
  startedAt: 1000,
  selfMs: 1,
  runDelayMs: 0,
  slices: 1
})

describe("FiberDump", () => {
  it("renders the tree of forks, one fiber a line", () => {
    const dump = new FiberDump.FiberDump({
      takenAt: 15_000,
      fibers: [
        { ...fiber(4, 2, undefined), state: "ready", runDelayMs: 12.4 },
        fiber(1, undefined, "main"),
        { ...fiber(2, 1, "GET /photo"), state: "running", selfMs: 214.4, slices: 31 },
        fiber(3, 1, "sweep"),
        { ...fiber(9, 7, "left over"), startedAt: 14_500 }
      ]
    })
    assert.strictEqual(
      FiberDump.render(dump),
      `5 fibers
├─ main #1  waiting, self 1 ms in 1 slice, age 14.0 s
│  ├─ GET /photo #2  running, self 214 ms in 31 slices, age 14.0 s
│  │  └─ #4  ready, self 1 ms in 1 slice, delayed 12 ms, age 14.0 s
│  └─ sweep #3  waiting, self 1 ms in 1 slice, age 14.0 s
└─ left over #9  waiting, self 1 ms in 1 slice, age 500 ms, outlived its parent #7`
    )
  })

  it("renders awaited events and times, jobs, interruptions, deadlocks", () => {
    const dump = new FiberDump.FiberDump({
      takenAt: 15_000,
      fibers: [
        { ...fiber(1, undefined, "main"), since: 14_000, awaits: { kind: "never" } },
        {
          ...fiber(2, 1, "GET /photo"),
          since: 14_900,
          awaits: { kind: "job", job: { task: "thumbnail", state: "running", worker: 3, since: 14_950 } }
        },
        { ...fiber(3, 2, "log"), awaits: { kind: "timer", dueAt: 15_250 }, uninterruptible: true, interrupting: true },
        { ...fiber(4, 1, "left"), awaits: { kind: "fiber", wakers: [5] } },
        {
          ...fiber(5, 1, "right"),
          awaits: { kind: "semaphore", semaphore: 7, detail: "1 of 1 permits taken", wakers: [4] }
        }
      ]
    })
    const facts = "self 1 ms in 1 slice, age 14.0 s"
    assert.strictEqual(
      FiberDump.render(dump),
      `5 fibers
└─ main #1  waiting 1000 ms for nothing: only an interruption ends it, ${facts}
   ├─ GET /photo #2  waiting 100 ms for a job, ${facts}
   │  ├─ job thumbnail  running on worker 3 for 50 ms
   │  └─ log #3  waiting for a timer due in 250 ms, interrupted, but uninterruptible here, ${facts}
   ├─ left #4  waiting for the end of #5, ${facts}
   └─ right #5  waiting for a semaphore @7 (1 of 1 permits taken) held by #4, ${facts}
deadlock: left #4 waits for right #5, which waits for left #4`
    )
  })

  it("renders a chain deeper than the stack", () => {
    const fibers = Array.from({ length: 20_000 }, (_, index) =>
      fiber(index + 1, index === 0 ? undefined : index, undefined)
    )
    const lines = FiberDump.render(new FiberDump.FiberDump({ takenAt: 2000, fibers })).split("\n")
    assert.lengthOf(lines, 20_001)
    assert.strictEqual(lines.at(-1)?.trim(), "└─ (20000) #20000  waiting, self 1 ms in 1 slice, age 1000 ms")
  })

  it("goes through JSON", () => {
    const dump = new FiberDump.FiberDump({ takenAt: 2000, fibers: [fiber(1, undefined, undefined), fiber(2, 1, "b")] })
    const codec = Schema.toCodecJson(FiberDump.FiberDump)
    const json = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(dump)))
    assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(json), dump)
  })
})
