/**
 * A real service whose requests start functions that never end, on the thread that answers all others.
 */
import { setTimeout as sleep } from "node:timers/promises"
import { afterEach, assert, describe, it } from "vitest"
import type { Service, Stopped } from "../../src/endless/client.ts"
import * as client from "../../src/endless/client.ts"

let service: Service | undefined
afterEach(async () => {
  await service?.stop("SIGKILL")
  service = undefined
})

const loops = ["empty", "counting", "whileTrue", "doWhile", "nested", "recursive", "tidy"]

describe("a service in which something never ends", () => {
  it("goes on answering", async () => {
    service = await client.start()
    const quiet = await service.ping(500)
    const stopped = loops.slice(0, 4).map((loop) => service!.get(`/endless/${loop}/timeout/2000`))
    await service.ping(200)
    assert.strictEqual((await service.state()).running, 4)
    const busy = await service.ping(1000)
    for (const text of await Promise.all(stopped)) {
      assert.strictEqual((JSON.parse(text) as Stopped).what, "stopped by a timeout")
    }
    // without yield points there would be no answer at all; a slice is 3 ms
    assert.isAbove(quiet.length, 20)
    assert.isAbove(busy.length, 20)
    assert.isBelow(busy.toSorted((a, b) => a - b)[busy.length >> 1]!, 30)
  })

  it("stops it by a timeout, a race or an interruption, with its finalizers, and then is idle", async () => {
    service = await client.start({ slice: 1 })
    let released = 0
    for (const how of ["timeout", "race", "interrupt"]) {
      for (const loop of loops) {
        const { what } = JSON.parse(await service.get(`/endless/${loop}/${how}/50`)) as Stopped
        assert.match(what, /^stopped by/, `${loop}, ${how}`)
        const state = await service.state()
        assert.strictEqual(state.released, ++released, `${loop}, ${how}`)
        assert.strictEqual(state.running, 0, `${loop}, ${how}`)
      }
    }
    const { closed, cpuMs } = await service.state()
    assert.strictEqual(closed, 3)
    await sleep(1000)
    assert.isBelow((await service.state()).cpuMs - cpuMs, 500)
  })

  it("is named while it lasts, with what would have helped, if it was not compiled", async () => {
    service = await client.start({ compiled: false })
    void service.get("/endless/counting/timeout/50").catch(() => {})
    const report =
      /has held the loop for \d+ ms at \S*loops\.ts:\d+.*: `counting` \(Pure\.fn\) was not compiled, run with node --import @giveway\/node\/register/
    for (let tries = 0; !report.test(service.stderr()) && tries < 400; tries++) await sleep(50)
    assert.match(service.stderr(), report)
  })

  it("stops it when its client hangs up", async () => {
    service = await client.start()
    await fetch(`${service.url}/endless/counting/timeout/60000`, { signal: AbortSignal.timeout(200) }).catch(() => {})
    for (let tries = 0; (await service.state()).released === 0 && tries < 100; tries++) await sleep(50)
    const { released, running } = await service.state()
    assert.deepStrictEqual({ released, running }, { released: 1, running: 0 })
  })
})
