import { afterEach, assert, describe, it, vi } from "@effect/vitest"

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** The module as it is when it loads in this host. */
const load = () => {
  vi.resetModules()
  return import("../../../src/internal/scheduler/eventLoop.ts")
}

describe("eventLoop", () => {
  for (const host of ["with setImmediate", "without, as in browsers"]) {
    it(`${host}: runs what is due in order, after the microtasks, and lets the host go on`, async () => {
      if (host !== "with setImmediate") vi.stubGlobal("setImmediate", undefined)
      const loop = (await load()).make()
      const log: Array<string> = []
      let fired = 0
      const timer = setInterval(() => fired++, 1)
      await new Promise<void>((resolve) => {
        let passes = 0
        const again = () => {
          const end = loop.now() + 1
          while (loop.now() < end);
          if (++passes === 30) resolve()
          else loop.afterPoll(again)
        }
        loop.afterPoll(() => log.push("first"))
        loop.afterPoll(() => log.push("second"))
        loop.afterPoll(again)
        void Promise.resolve().then(() => log.push("microtask"))
      })
      clearInterval(timer)
      assert.deepStrictEqual(log, ["microtask", "first", "second"])
      // Node handles a thousand messages before it looks at timers; browsers, for which they are, do not
      if (host === "with setImmediate") assert.isAtLeast(fired, 3)
    })
  }

  it("goes on under fake timers", async () => {
    const eventLoop = await load()
    vi.useFakeTimers()
    const loop = eventLoop.make()
    const before = loop.now()
    await new Promise<void>((resolve) => {
      const waitForTheClock = () => (loop.now() > before ? resolve() : loop.afterPoll(waitForTheClock))
      loop.afterPoll(waitForTheClock)
    })
    assert.isAbove(loop.now(), before)
  })
})
