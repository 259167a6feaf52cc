/**
 * Words for what the permission model forbids.
 */
import { assert, it } from "vitest"
import * as permission from "../../src/thread/permission.ts"

const denied = (properties: object): Error =>
  Object.assign(new Error("Access to this API has been restricted."), { code: "ERR_ACCESS_DENIED", ...properties })

it("a refusal names the flag, and what it has to allow", () => {
  const write = denied({ permission: "FileSystemWrite", resource: "/tmp/a" })
  assert.strictEqual(permission.reasonOf(write), "--permission forbids it: add --allow-fs-write=/tmp/a")
  assert.strictEqual(permission.reasonOf(write, "/tmp/*"), "--permission forbids it: add --allow-fs-write=/tmp/*")
  const worker = denied({ permission: "WorkerThreads", resource: "" })
  assert.strictEqual(permission.reasonOf(worker), "--permission forbids it: add --allow-worker")
})

it("any other error keeps its own words", () => {
  assert.strictEqual(permission.reasonOf(new Error("no disk")), "no disk")
  assert.strictEqual(
    permission.reasonOf(denied({ permission: "Something" })),
    "Access to this API has been restricted."
  )
  assert.strictEqual(permission.reasonOf("text"), "text")
})
