/**
 * Where a job was asked for, for as many jobs as anybody asks for by hand.
 */
import { assert, it } from "vitest"
import * as callSite from "../../../src/internal/caller/callSite.ts"

it("is noted for a burst; a caller that asks for thousands in a millisecond reads that it was not", () => {
  const named = (function asksForAJob() {
    return callSite.capture()
  })()
  assert.match(callSite.attach(new Error("first"), named).stack!, /Error: first\n.*asksForAJob/)

  const sites = Array.from({ length: 100_000 }, () => callSite.capture())
  const unnoted = sites.find((site) => site.stack === undefined)
  assert.match(callSite.attach(new Error("late"), unnoted!).stack!, /the call was not noted/)
  assert.isAbove(sites.filter((site) => site.stack !== undefined).length, 100)
})

it("is noted again a while after a flood", async () => {
  while (callSite.capture().stack !== undefined);
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.isString(callSite.capture().stack)
})

it("is given to an error whose causes go in circles, or that is frozen, as it is", () => {
  const circle = new Error("circle")
  circle.cause = new TypeError("below", { cause: circle })
  assert.strictEqual(callSite.attach(circle, { stack: undefined }), circle)
  const self = new Error("self")
  self.cause = self
  callSite.attach(new Error("above", { cause: self }), { stack: undefined })
  callSite.attach(Object.freeze(new Error("frozen", { cause: Object.freeze(new Error("below")) })), {
    stack: undefined
  })
})
