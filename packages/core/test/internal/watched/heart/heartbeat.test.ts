/**
 * The heart on a real loop: a hold in a loop at rest is measured, whichever phase of the loop it is in, and fake timers do not stop it.
 */
import { afterEach, assert, describe, it, vi } from "vitest"
import { thread } from "../../../../src/internal/hook/hookedThread.ts"
import { now } from "../../../../src/internal/sharedMemory/clock.ts"
import * as threadBlock from "../../../../src/internal/sharedMemory/threadBlock.ts"
import type { BeatStall } from "../../../../src/internal/watched/heart/heartbeat.ts"
import * as heartbeat from "../../../../src/internal/watched/heart/heartbeat.ts"

const { setImmediate, setTimeout } = globalThis

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

const beacon = (): threadBlock.Beacon => threadBlock.readBeacon(thread.block)

/** Waits until `isIt`, looking so seldom that the loop may rest. */
const until = async (isIt: () => boolean): Promise<void> => {
  while (!isIt()) await pause(100)
}

/** Whether the heart has no timer: in the callback of a timer its thread `turns`. */
const isAtRest = (): boolean => {
  const { heartbeatAt, heartbeatDue } = beacon()
  return heartbeatDue === Infinity || heartbeatDue === heartbeatAt
}

/** The heart while `use` runs, with all holds of 40 ms and more. */
const listening = async (
  use: (found: ReadonlyArray<BeatStall>, rests: () => Promise<void>) => Promise<void>,
  mayRest: () => boolean = () => true
): Promise<void> => {
  const found: Array<BeatStall> = []
  const stop = heartbeat.listen({
    thresholdMs: 40,
    onStall: (stall) => void found.push(stall),
    onBeat: () => {},
    mayRest
  })
  try {
    await use(found, () => until(isAtRest))
  } finally {
    stop()
  }
}

interface Span {
  readonly from: number
  readonly to: number
}

const hold = (ms: number): Span => {
  const from = now()
  while (now() < from + ms);
  return { from, to: now() }
}

/** How code of a program comes to run in a turn of the loop. */
const phases: Readonly<Record<string, (f: () => void) => void>> = {
  timer: (f) => void setTimeout(f, 150),
  "timer after a timer": (f) => {
    setTimeout(() => {}, 150)
    setTimeout(f, 151)
  },
  immediate: (f) => void setTimeout(() => void setImmediate(f), 150),
  event: (f) => {
    const { port1, port2 } = new MessageChannel()
    port1.addEventListener("message", () => {
      port1.close()
      f()
    })
    port1.start()
    setTimeout(() => port2.postMessage(0), 150)
  },
  promise: (f) => void pause(150).then(f)
}

afterEach(() => void vi.useRealTimers())

describe("a heart at rest", () => {
  it.for(Object.keys(phases))("measures a hold in the phase of: %s", async (phase) => {
    await listening(async (found, rests) => {
      await rests()
      const held = await new Promise<Span>((resolve) => phases[phase]!(() => resolve(hold(80))))
      const isIt = ({ endedAt, startedAt }: BeatStall): boolean => startedAt <= held.from + 1 && endedAt >= held.to - 1
      await until(() => found.some(isIt))
      // a machine without a core may make others
      assert.isTrue(found.find(isIt)!.isActive)
      assert.lengthOf(found.filter(isIt), 1)
      await rests()
    })
  })

  it("goes on while fake timers are there, and after them", async () => {
    await listening(async (found, rests) => {
      await rests()
      vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearImmediate"] })
      for (const last of ["fake timers", "real timers"]) {
        const held = await new Promise<Span>((resolve) => void setTimeout(() => resolve(hold(80)), 150))
        await until(() => found.some(({ endedAt }) => endedAt >= held.to - 1))
        assert.isTrue(
          found.some(({ startedAt }) => Math.abs(startedAt - held.from) < 1000),
          last
        )
        vi.useRealTimers()
      }
      await rests()
    })
  })

  it("beats where it may not rest, and rests when it may", async () => {
    let may = false
    await listening(
      async (_, rests) => {
        const { heartbeat } = beacon()
        await until(() => beacon().heartbeat > heartbeat + 7)
        assert.isFalse(isAtRest())
        may = true
        await rests()
        may = false
        // it hears of that at its next turn
        await until(() => !isAtRest())
      },
      () => may
    )
  })
})
