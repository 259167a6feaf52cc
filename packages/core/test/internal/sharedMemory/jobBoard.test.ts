import { assert, describe, it } from "@effect/vitest"
import * as threadBlock from "../../../src/internal/sharedMemory/threadBlock.ts"
import * as jobBoard from "../../../src/internal/sharedMemory/jobBoard.ts"

const worker = () => {
  const board = jobBoard.make()
  const watched: jobBoard.Watched = { block: threadBlock.make(), total: new Float64Array(1) }
  let at = 1000
  return {
    board,
    begin: (job: number, name: string): void => jobBoard.begin(board, watched, job, name, at),
    /** a fiber runs for `ms` */
    slice: (ms: number): void => {
      threadBlock.beginSlice(watched.block, 1, 7, 0, at)
      at += ms
      watched.total[0] = watched.total[0]! + ms
      threadBlock.endSlice(watched.block, 0, 7, 0, at)
      jobBoard.addLong(board, ms)
    },
    hold: (): void => threadBlock.beginSlice(watched.block, 1, 7, 0, at),
    rest: (ms: number): void => void (at += ms),
    /** as another thread sees it */
    look: () => jobBoard.read(jobBoard.fromBuffer(board.buffer), watched, at)
  }
}

describe("jobBoard", () => {
  it("tells nothing of an idle worker", () => {
    const { begin, board, look } = worker()
    assert.isUndefined(look())
    begin(1, "resize")
    jobBoard.end(board)
    assert.isUndefined(look())
  })

  it("tells what the slices of the job took, and not those before it", () => {
    const { begin, look, rest, slice } = worker()
    begin(1, "first")
    slice(40)
    begin(2, "resize")
    slice(3)
    rest(10)
    slice(5)
    rest(100)
    assert.deepStrictEqual(look(), {
      job: 2,
      task: "resize",
      since: 1040,
      selfMs: 8,
      slices: 2,
      longestMs: 5,
      heldMs: 0
    })
  })

  it("counts the slice that lasts", () => {
    const { begin, hold, look, rest, slice } = worker()
    begin(1, "resize")
    slice(3)
    rest(10)
    hold()
    rest(700)
    const { heldMs, longestMs, selfMs, slices } = look()!
    assert.deepStrictEqual(
      { heldMs, longestMs, selfMs, slices },
      { heldMs: 700, longestMs: 700, selfMs: 703, slices: 2 }
    )
  })

  it("cuts long names, and writes a new one over a longer one", () => {
    const { begin, look } = worker()
    begin(1, "a".repeat(200))
    assert.match(look()!.task, /^a{76}$/)
    begin(2, "b")
    assert.strictEqual(look()!.task, "b")
  })

  it("tells nothing while the worker writes", () => {
    const { begin, board, look } = worker()
    begin(1, "resize")
    board.i32[0] = board.i32[0]! + 1
    assert.isUndefined(look())
  })
})
