/**
 * Where promises cannot be settled in place, the host settles them between two turns of its loop, and the schedules are the same.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { strategyOf } from "../../../src/internal/interleavings/choose/rotation.ts"
import type { Ended } from "../../../src/internal/interleavings/machine/machine.ts"
import type { Work } from "../../../src/internal/interleavings/session.ts"
import { Session } from "../../../src/internal/interleavings/session.ts"

const program = Effect.gen(function* () {
  let text = ""
  const write = (letter: string) =>
    Effect.promise(async () => {
      await Promise.resolve()
      text += letter
    })
  const fibers = yield* Effect.forEach(["a", "b", "c"], (letter) => Effect.forkChild(write(letter)))
  yield* Fiber.joinAll(fibers)
  return text
})

const sessionOf = (settlesAtOnce: boolean) =>
  new Session(
    program,
    { steps: 1000, manualTime: false, conditions: [], decisions: "every", settlesAtOnce },
    { endless: "livelock", expected: undefined }
  )

const macrotask = () => new Promise<void>((resolve) => void setImmediate(resolve))

const drive = async (work: Work<Ended>): Promise<Ended> => {
  for (;;) {
    await macrotask()
    const { done, value } = work.next()
    if (done === true) return value
  }
}

it("a schedule is the same whoever settles its promises", async () => {
  const texts = new Set<unknown>()
  for (let schedule = 0; schedule < 60; schedule++) {
    const shape = { decisions: 20, steps: [], victims: [0], places: 20 }
    const next = () => strategyOf(["random", "pos", "fifo"], 1, schedule, shape, true).strategy
    const here = await new Promise<Ended>((resolve) =>
      setImmediate(() => {
        const { machine } = sessionOf(true)
        resolve(machine.runNow(program, next()))
      })
    )
    const byHost = await drive(sessionOf(false).run(next()))
    assert.strictEqual(byHost.hash, here.hash)
    assert.deepStrictEqual(byHost.exit, here.exit)
    texts.add(here.exit?._tag === "Success" ? here.exit.value : undefined)
  }
  assert.isAbove(texts.size, 2)
})
