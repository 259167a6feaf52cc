import { assert, describe, it } from "@effect/vitest"
import type { JobRequest, Outcome } from "@giveway/core/Platform"
import type * as Task from "@giveway/core/Task"
import { rehearse } from "../../src/entry/rehearsal.ts"

describe("a worker's rehearsal", () => {
  it("is one job that reaches the worker as jobs do, runs nothing of the program's, and is over before the worker is ready", async () => {
    const ran: Array<{ readonly request: JobRequest; readonly task: Task.Definition }> = []
    let isOver = false
    await rehearse(async (request, task): Promise<Outcome> => {
      ran.push({ request, task })
      await new Promise((resolve) => setTimeout(resolve, 5))
      isOver = true
      return { _tag: "Success", value: undefined }
    })
    assert.isTrue(isOver)
    assert.strictEqual(ran.length, 1)
    const [{ request, task }] = ran as [(typeof ran)[number]]
    assert.deepStrictEqual(request.payload, { count: 1, text: "" })
    assert.strictEqual(request.moduleUrl, task.moduleUrl)
    assert.match(task.moduleUrl, /entry\/rehearsal/)
    assert.isUndefined(task.handler({ count: 1, text: "" }))
  })
})
