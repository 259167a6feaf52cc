/**
 * What every test of `NodeCompute` needs: a pool, and memory shared with its jobs.
 */
import { execFileSync } from "node:child_process"
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Effect } from "effect"
import * as jobs from "./tasks/jobs.ts"

/** Provides a pool of one worker. */
export const pool = (options?: NodeCompute.Options) => Effect.provide(NodeCompute.layer({ maxWorkers: 1, ...options }))

/** Memory for a job to beat in. */
export const shared = () => new SharedArrayBuffer(64)

export const read = (buffer: SharedArrayBuffer, cell: keyof typeof jobs.Cell) =>
  Atomics.load(new Int32Array(buffer), jobs.Cell[cell])

export const until = (condition: () => boolean) =>
  Effect.gen(function* () {
    while (!condition()) yield* Effect.sleep(2)
  })

/** Whether the job that beats in `buffer` still runs. */
export const beats = (buffer: SharedArrayBuffer) =>
  Effect.gen(function* () {
    const before = read(buffer, "beats")
    yield* Effect.sleep(30)
    return read(buffer, "beats") !== before
  })

/** The pool still runs jobs. */
export const worksOn = Effect.gen(function* () {
  assert.strictEqual(yield* Compute.run(jobs.add, { a: 1, b: 2 }), 3)
})

/** A pipe whose opening blocks a job in native code, for as long as a test likes: until it is opened here, or the test is over. */
export const blockingPipe = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-pipe-"))
    const path = join(folder, "pipe")
    execFileSync("mkfifo", [path])
    return { folder, path, open: () => closeSync(openSync(path, constants.O_RDWR | constants.O_NONBLOCK)) }
  }),
  (pipe) =>
    Effect.sync(() => {
      pipe.open()
      rmSync(pipe.folder, { recursive: true })
    })
)
