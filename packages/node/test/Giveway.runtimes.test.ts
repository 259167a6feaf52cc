/**
 * Many runtimes of the whole stack in one process, as a test suite or a server of several tenants has them: nothing is left of
 * those that were disposed.
 *
 * 24 in short, `GIVEWAY_RUNTIMES=500` for a thorough look. It prints its figures.
 */
import { assert, it } from "vitest"
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const wanted = Number(process.env["GIVEWAY_RUNTIMES"] ?? 24)

const program = fileURLToPath(new URL("./programs/runtimes.ts", import.meta.url))

interface Left {
  readonly resources: Record<string, number>
  readonly listeners: Record<string, number>
  readonly threads: number
  readonly files: number
  readonly heapKb: number
  readonly externalKb: number
  readonly rssKb: number
}

/**
 * How much the heap may grow for each runtime, KB. Measured: 10, most of it compiled code and Effect's metrics. A registry that
 * kept a runtime would keep some hundred.
 */
const heapKbEach = 40

/** What the first ones compile and keep for all, KB. Measured: up to 630. */
const heapKbOnce = 800

/** Resident memory is V8's and the allocator's to keep, so only a thread's worth of it in all is a leak for sure, KB. */
const rssKb = 60 * 1024

it(`${wanted} runtimes leave no threads, handles, listeners or memory`, { timeout: wanted * 20_000 }, async () => {
  const args = ["--expose-gc", "--conditions=giveway-source", program, String(wanted)]
  const { stderr, stdout } = await promisify(execFile)(process.execPath, args)
  const { after, before, made } = JSON.parse(stdout.split("\n").at(-2)!) as Record<"after" | "before", Left> & {
    readonly made: number
  }
  assert.notInclude(stderr, "Warning")
  assert.deepStrictEqual(after.resources, before.resources)
  assert.deepStrictEqual(after.listeners, before.listeners)
  assert.strictEqual(after.threads, before.threads)
  assert.strictEqual(after.files, before.files)
  assert.isBelow(after.heapKb - before.heapKb, heapKbOnce + heapKbEach * made)
  assert.isBelow(after.externalKb - before.externalKb, heapKbEach * made)
  assert.isBelow(after.rssKb - before.rssKb, rssKb)
  console.log(
    `${made} runtimes: heap ${before.heapKb} to ${after.heapKb} KB, resident ${before.rssKb} to ${after.rssKb}`
  )
})
