import { assert, it } from "@effect/vitest"
import { Kills } from "../../../src/pool/health/kills.ts"

const job = { moduleUrl: "file:///a.ts", name: "crunch" }
const workers = { yieldPoints: true, graceMs: 250, isCompilerLost: false }

it("a kill is told with the task, and why it did not stop", () => {
  const told = (reason: string | undefined, given = workers): string => {
    const kills = new Kills()
    kills.learn(job.moduleUrl, [{ task: "crunch", reason }])
    return kills.add(3, job, given)!
  }
  assert.match(
    told("an async function cannot be steppable"),
    /^Compute worker 3 was killed, because its job of task "crunch" went on for 250 ms after it was cancelled\. Its handler has no yield point: an async function cannot be steppable\. Put YieldPoint\.check\(\)/
  )
  assert.include(told(undefined), "Its handler has yield points, but it was in code that has none")
  assert.include(told(undefined, { ...workers, yieldPoints: false }), "yieldPoints is false")
  assert.include(told(undefined, { ...workers, isCompilerLost: true }), "the compiler could not be loaded")
  assert.include(new Kills().add(3, job, workers), "It reached no yield point")
})

it("of many kills of a task the first is told, the second, the fourth …; of another task the first again", () => {
  const kills = new Kills()
  const told = Array.from({ length: 9 }, () => kills.add(1, job, workers))
  assert.deepStrictEqual(
    told.flatMap((warning, index) => (warning === undefined ? [] : [index + 1])),
    [1, 2, 4, 8]
  )
  assert.include(told[7], "(8 times by now)")
  assert.isDefined(kills.add(1, { ...job, name: "other" }, workers))
})
