/**
 * Who can change a folder: each owner and mode that matters.
 */
import { assert, describe, it } from "vitest"
import type { Seen } from "../../src/folders/trust.ts"
import * as trust from "../../src/folders/trust.ts"

const me = 1000
const other = 1001
const folder = (uid: number, mode: number): Seen => ({ kind: "folder", uid, mode: 0o040000 | mode })
type Case = [name: string, path: ReadonlyArray<Seen>]
const root = folder(0, 0o755)

describe("code may lie in", () => {
  it.each<Case>([
    ["a folder of this user", [root, folder(me, 0o755)]],
    ["a folder of root, as an image has it", [root, folder(0, 0o755)]],
    ["a folder of this user in /tmp", [root, folder(0, 0o1777), folder(me, 0o700)]],
    ["a folder below a user's own", [root, folder(0, 0o1777), folder(me, 0o700), folder(me, 0o755)]]
  ])("%s", (_, path) => assert.isTrue(trust.mayHoldCode(path, me)))
})

describe("code may not lie in", () => {
  it.each<Case>([
    ["a folder of another user", [root, folder(other, 0o755)]],
    ["a folder that the group may write to", [root, folder(me, 0o775)]],
    ["a folder that all may write to", [root, folder(me, 0o757)]],
    ["/tmp itself: others may create entries there", [root, folder(0, 0o1777)]],
    ["a folder below one that another user may exchange", [root, folder(other, 0o755), folder(me, 0o700)]],
    ["a folder below one that all may exchange", [root, folder(0, 0o777), folder(me, 0o700)]],
    ["a folder below another user's with the sticky bit", [root, folder(other, 0o1777), folder(me, 0o700)]],
    ["a link", [root, { kind: "other", uid: me, mode: 0o120777 }]],
    ["a folder below a link", [root, { kind: "other", uid: 0, mode: 0o120777 }, folder(me, 0o700)]],
    ["a file", [root, { kind: "file", uid: me, mode: 0o100644 }]]
  ])("%s", (_, path) => assert.isFalse(trust.mayHoldCode(path, me)))
})

it("a socket may lie in a folder of this user, and in none of root's", () => {
  assert.isTrue(trust.mayHoldSockets(folder(me, 0o700), me))
  assert.isFalse(trust.mayHoldSockets(folder(0, 0o755), me))
  assert.isFalse(trust.mayHoldSockets(folder(me, 0o770), me))
  assert.isFalse(trust.mayHoldSockets(folder(other, 0o700), me))
  assert.isFalse(trust.mayHoldSockets({ kind: "other", uid: me, mode: 0o120700 }, me))
})

it("root trusts its own folders only", () => {
  assert.isTrue(trust.mayHoldCode([root, folder(0, 0o755)], 0))
  assert.isFalse(trust.mayHoldCode([root, folder(me, 0o755)], 0))
})
