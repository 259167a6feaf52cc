import { EventEmitter } from "node:events"
import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as unread from "../../../src/diagnostics/http/unread.ts"

const client = (): ServerResponse => new EventEmitter() as ServerResponse

describe("answers that are not read", () => {
  it("count once, however many clients read one, until the last of them has", () => {
    const { keep } = unread.make(100)
    const [large, other] = [Buffer.alloc(80), Buffer.alloc(80)]
    const [first, second] = [client(), client()]
    assert.isTrue(keep(first, large))
    assert.isTrue(keep(second, large))
    assert.isFalse(keep(client(), other))
    first.emit("close")
    assert.isFalse(keep(client(), other))
    second.emit("close")
    assert.isTrue(keep(client(), other))
  })

  it("are one at least, however large", () => {
    const { keep } = unread.make(100)
    assert.isTrue(keep(client(), Buffer.alloc(1000)))
    assert.isFalse(keep(client(), Buffer.alloc(1)))
  })
})

describe("an answer", () => {
  it("is made once for all who ask while it is made, and anew for the next, also after a failure", async () => {
    const made: Array<PromiseWithResolvers<number>> = []
    const ask = unread.shared(() => {
      made.push(Promise.withResolvers<number>())
      return made.at(-1)!.promise
    })
    const both = Promise.all([ask(), ask()])
    made[0]!.resolve(1)
    assert.deepStrictEqual(await both, [1, 1])
    const failed = Promise.allSettled([ask(), ask()])
    made[1]!.reject(new Error("no"))
    assert.deepStrictEqual(
      (await failed).map(({ status }) => status),
      ["rejected", "rejected"]
    )
    const last = ask()
    made[2]!.resolve(3)
    assert.strictEqual(await last, 3)
    assert.lengthOf(made, 3)
  })
})
