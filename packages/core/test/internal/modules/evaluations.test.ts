/**
 * What two definitions of one name mean, by their places alone.
 */
import { assert, describe, it } from "@effect/vitest"
import { isLater, relate } from "../../../src/internal/modules/evaluations.ts"
import type { Place } from "../../../src/internal/modules/place.ts"
import { fileOf, pathOf } from "../../../src/internal/modules/url.ts"

const first: Place = { moduleUrl: "file:///a.ts", site: "a.ts:1:1", origin: "top", behind: "loader.js:1:1", turn: 1 }
const second = (change: Partial<Place>): Place => ({ ...first, ...change })
const elsewhere = { origin: "elsewhere", behind: "main.ts:1:1" } as const

describe("two definitions of one name", () => {
  it("in one evaluation are a mistake, on one line as on two", () => {
    assert.strictEqual(relate(first, first, false), "twice")
    assert.strictEqual(relate(first, second({ site: "a.ts:9:1" }), false), "twice")
  })

  it("in two evaluations are the same task, wherever it stands now", () => {
    assert.strictEqual(relate(first, second({ turn: 2 }), false), "again")
    assert.strictEqual(relate(first, second({ turn: 2, site: "a.ts:9:1", behind: "other.js:1:1" }), false), "again")
    assert.strictEqual(relate(first, second({ moduleUrl: "file:///a.ts?t=2" }), false), "again")
    assert.strictEqual(relate(first, second({ moduleUrl: "file:///a.ts?t=2" }), true), "again")
  })

  it("a synchronous loader may evaluate twice in one turn, for two callers", () => {
    assert.strictEqual(relate(first, second({ behind: "loader.js:1:1\nother.js:5:5" }), false), "again")
  })

  it("a worker evaluates a URL once, so a later one is a mistake too: after an await of the top level", () => {
    assert.strictEqual(relate(first, second({ turn: 2, behind: "" }), true), "twice")
  })

  it("by a call of a function of the module are never taken for a new evaluation", () => {
    for (const once of [false, true]) {
      for (const known of [first, second(elsewhere)]) {
        assert.strictEqual(relate(known, second({ ...elsewhere, turn: 2 }), once), "unclear")
        assert.strictEqual(
          relate(known, second({ ...elsewhere, turn: 2, moduleUrl: "file:///a.ts?t=2" }), once),
          "unclear"
        )
      }
    }
    assert.strictEqual(relate(second(elsewhere), second(elsewhere), false), "unclear")
    // two lines of one function cannot be one definition
    assert.strictEqual(relate(second(elsewhere), second({ ...elsewhere, site: "a.ts:9:1" }), false), "twice")
  })

  it("where the stack says nothing, are never taken for a new evaluation", () => {
    const unknown = { origin: "unknown", behind: "", site: "" } as const
    assert.strictEqual(relate(second(unknown), second(unknown), false), "twice")
    assert.strictEqual(relate(second(unknown), second({ ...unknown, turn: 2 }), false), "unclear")
  })
})

describe("a name that is new in its module", () => {
  it("tells of a new evaluation, unless the top level has only awaited something", () => {
    assert.isFalse(isLater(first, first, false))
    assert.isTrue(isLater(first, second({ turn: 2 }), false))
    assert.isTrue(isLater(first, second({ moduleUrl: "file:///a.ts?t=2" }), false))
    assert.isFalse(isLater(first, second({ turn: 2, behind: "" }), false))
    assert.isFalse(isLater(first, second({ ...elsewhere, turn: 2 }), false))
    assert.isFalse(isLater(first, second({ turn: 2 }), true))
  })
})

describe("a module's URL", () => {
  it("is the same file with every query", () => {
    assert.strictEqual(fileOf("file:///a/b.ts?t=1#x"), "file:///a/b.ts")
    assert.strictEqual(pathOf("file:///a%20b/c.ts?t=1"), "/a b/c.ts")
    assert.strictEqual(pathOf("/a b/c.ts"), "/a b/c.ts")
    assert.strictEqual(pathOf("file:///C:/a/b.ts"), pathOf("C:\\a\\b.ts"))
  })
})
