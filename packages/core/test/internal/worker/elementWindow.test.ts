/**
 * The window of a job that emits, with grants at every moment at which its fiber may have given way.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Scheduler } from "effect"
import { ElementWindow } from "../../../src/internal/worker/elementWindow.ts"

/** Makes fibers give way again and again, and lets the test act in between. */
class Interleaving extends Scheduler.MixedScheduler {
  private readonly act: () => void
  private asked = 0
  constructor(act: () => void) {
    super()
    this.act = act
  }
  override shouldYield(): boolean {
    // it asks again when the fiber goes on
    this.act()
    return ++this.asked % 3 === 0
  }
}

/** Emits twenty elements; grants what was sent `delay` operations after it was. */
const emitted = (size: number, chunk: number, delay: number) =>
  Effect.gen(function* () {
    const sent: Array<number> = []
    const due: Array<{ at: number; elements: number }> = []
    let operations = 0
    let granted = 0
    const window = new ElementWindow(size, (elements) => {
      sent.push(...(elements as Array<number>))
      assert.isAtMost(sent.length - granted, size)
      due.push({ at: operations + delay, elements: elements.length })
    })
    const grantDue = (): void => {
      operations++
      while (due.length > 0 && due[0]!.at <= operations) {
        const { elements } = due.shift()!
        granted += elements
        window.grant(elements)
      }
    }
    const numbers = Array.from({ length: 20 }, (_, i) => i)
    const chunks = numbers.flatMap((i) => (i % chunk === 0 ? [numbers.slice(i, i + chunk)] : []))
    const fiber = yield* Effect.forkChild(
      Effect.forEach(chunks, (elements) => window.emit(elements), { discard: true }).pipe(
        Effect.provideService(Scheduler.Scheduler, new Interleaving(grantDue))
      )
    )
    // a fiber that waits runs no operations: then time passes by itself
    for (let turns = 0; fiber.pollUnsafe() === undefined && turns < 500; turns++) {
      yield* Effect.sleep(0)
      grantDue()
    }
    assert.isDefined(fiber.pollUnsafe(), `hangs: window ${size}, chunks of ${chunk}, grants after ${delay}`)
    yield* Fiber.join(fiber)
    assert.deepStrictEqual(sent, numbers)
  })

it.live("sends everything in order, never more than its size ahead, whenever grants come", () =>
  Effect.gen(function* () {
    for (const size of [1, 2, 5]) {
      for (const chunk of [1, 4, 7]) for (let delay = 0; delay < 12; delay++) yield* emitted(size, chunk, delay)
    }
  })
)
