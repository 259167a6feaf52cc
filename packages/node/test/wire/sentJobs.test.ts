/**
 * Jobs that are sent when the ring is full. The test plays the worker.
 */
import { assert, describe, it } from "vitest"
import type { JobRequest } from "@giveway/core/Platform"
import { jobRing } from "@giveway/core/Platform"
import * as plainBytes from "../../src/wire/plainBytes.ts"
import * as slotData from "../../src/wire/slotData.ts"
import { Desk } from "../../src/entry/desk.ts"
import { SentJobs } from "../../src/wire/sentJobs.ts"

const plain: JobRequest = { moduleUrl: "file:///tasks.ts", name: "task", payload: 1, context: undefined }

const moving = (buffer: ArrayBuffer): JobRequest => ({ ...plain, payload: { buffer }, transfer: [buffer] })

const bytesOf = (request: JobRequest | undefined): Uint8Array =>
  new Uint8Array((request!.payload as { readonly buffer: ArrayBuffer }).buffer)

/** Main's end of a full ring, and the worker's. */
const full = () => {
  const posted: Array<JobRequest | undefined> = []
  const sent = new SentJobs({ wake: () => undefined, post: (_position, request) => posted.push(request) })
  for (let job = 1; job <= jobRing.slots; job++) sent.put(job, plain)
  return { sent, posted, worker: jobRing.fromBuffer(sent.ring.buffer) }
}

/** The worker passes what was withdrawn, and main frees its slots. */
const pass = (sent: SentJobs, worker: jobRing.JobRing): void => {
  const claimed = jobRing.claim(worker, { has: () => false, drop: () => undefined })
  assert.notStrictEqual(claimed, jobRing.Claim.begun)
  sent.collect(jobRing.slots, () => assert.fail("nothing was answered"))
}

describe("a job that moves what it holds, when the ring is full", () => {
  it("has it moved at once, and is posted when a slot is free, with what it was given", () => {
    const { sent, posted, worker } = full()
    const buffer = new Uint8Array([7, 8, 9]).buffer
    sent.put(100, moving(buffer))
    assert.strictEqual(buffer.byteLength, 0)
    assert.lengthOf(posted, 0)

    for (let job = 1; job <= jobRing.slots; job++) assert.isTrue(sent.withdraw(job))
    pass(sent, worker)
    assert.lengthOf(posted, 1)
    assert.deepStrictEqual(Array.from(bytesOf(posted[0])), [7, 8, 9])
    // it can be sent on: what moves is the copy's own buffer, not the caller's, which is empty
    const { transfer } = posted[0]!
    assert.strictEqual(transfer![0], bytesOf(posted[0]).buffer)
  })

  it("that cannot be sent is refused as it is put, and leaves nothing behind", () => {
    const { sent } = full()
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    assert.throws(() => sent.put(100, moving(buffer)), /transfer/)
    assert.strictEqual(sent.size, jobRing.slots)
    assert.isFalse(sent.withdraw(100))
  })

  it("can be taken back while it waits", () => {
    const { sent, posted, worker } = full()
    sent.put(100, moving(new ArrayBuffer(8)))
    assert.isTrue(sent.withdraw(100))
    for (let job = 1; job <= jobRing.slots; job++) assert.isTrue(sent.withdraw(job))
    pass(sent, worker)
    assert.lengthOf(posted, 0)
    assert.strictEqual(sent.size, 0)
  })
})

describe("a view of a part of a buffer", () => {
  const file = new Uint8Array(4096)
  const request: JobRequest = { ...plain, payload: { part: file.subarray(8, 16) } }
  const behind = (request: JobRequest | undefined) =>
    (request!.payload as { readonly part: Uint8Array }).part.buffer.byteLength

  it("is posted alone, with room in the ring or without", () => {
    const posted: Array<JobRequest | undefined> = []
    const sent = new SentJobs({ wake: () => undefined, post: (_position, request) => posted.push(request) })
    sent.put(1, request)
    assert.strictEqual(behind(posted[0]), 8)
    assert.strictEqual(behind(request), 4096)

    const ring = full()
    ring.sent.put(100, request)
    for (let job = 1; job <= jobRing.slots; job++) assert.isTrue(ring.sent.withdraw(job))
    pass(ring.sent, ring.worker)
    assert.strictEqual(behind(ring.posted[0]), 8)
  })
})

describe("a getter of a payload that puts in other jobs", () => {
  const payloadOf = (sent: SentJobs, worker: jobRing.JobRing): unknown => {
    const memory = plainBytes.over(sent.ring.buffer)
    return jobRing.lengthOf(worker, worker.next) === -1
      ? "posted"
      : slotData.readRequest(memory, jobRing.dataOf(worker, worker.next), new Map()).payload
  }

  it.each([
    ["plain", plain],
    ["posted", { ...plain, window: 3 }]
  ])("spoils none of them, if they are %s", (_, inner) => {
    const posted: Array<number> = []
    const sent = new SentJobs({ wake: () => undefined, post: (position) => posted.push(position) })
    const worker = jobRing.fromBuffer(sent.ring.buffer)
    let depth = 0
    const payload = {
      before: "outer",
      get nested() {
        // each reading of it
        sent.put(++depth + 1, inner)
        return 1
      },
      after: "outer"
    }
    sent.put(1, { ...plain, payload })
    assert.strictEqual(sent.size, depth + 1)
    const order: Array<number> = []
    const taken = { has: () => true, drop: () => undefined }
    while (jobRing.claim(worker, taken) === jobRing.Claim.begun) {
      const job = jobRing.jobOf(worker, worker.next)
      order.push(job)
      const arrived = payloadOf(sent, worker)
      if (arrived === "posted") assert.include(posted, worker.next)
      else if (job === 1) assert.deepStrictEqual(arrived, { before: "outer", nested: 1, after: "outer" })
      else assert.strictEqual(arrived, inner.payload)
      jobRing.answer(worker, -1, 0)
    }
    assert.deepStrictEqual(
      order,
      Array.from({ length: depth + 1 }, (_, i) => i + 1)
    )
  })

  it("that throws afterwards, is refused, and they are not", () => {
    const sent = new SentJobs({ wake: () => undefined, post: () => undefined })
    let job = 1
    const payload = {
      get nested(): never {
        sent.put(++job, plain)
        throw new Error("no")
      }
    }
    assert.throws(() => sent.put(1, { ...plain, payload }), /no/)
    assert.isFalse(sent.withdraw(1))
    for (let inner = 2; inner <= job; inner++) assert.isTrue(sent.withdraw(inner))
  })
})

it("a job that waits for the slots of withdrawn jobs gets one, though none of them is ever answered", () => {
  const toWorker: Array<readonly [number, JobRequest | undefined]> = []
  let calls = 0
  const sent = new SentJobs({
    wake: () => undefined,
    post: (position, request) => toWorker.push([position, request])
  })
  const desk = new Desk(sent.ring.buffer, 0, () => calls++)
  desk.open()
  const large = { ...plain, payload: "x".repeat(jobRing.slotBytes) }
  for (let job = 1; job <= jobRing.slots; job++) sent.put(job, large)
  for (let job = 1; job <= jobRing.slots; job++) assert.isTrue(sent.withdraw(job))
  sent.put(jobRing.slots + 1, plain)
  let begun: number | undefined
  for (let turn = 0; turn < 3 && begun === undefined; turn++) {
    for (const [position, request] of toWorker.splice(0)) desk.received(position, request)
    desk.openTurn()
    begun = desk.next()?.job
    // main looks when it is called, and only then
    if (calls > 0) sent.collect(jobRing.slots, () => assert.fail("nothing was answered"))
    calls = 0
  }
  assert.strictEqual(begun, jobRing.slots + 1)
})
