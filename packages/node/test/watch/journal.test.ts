import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import type * as Sysmon from "@giveway/core/Sysmon"
import * as journal from "../../src/watch/journal.ts"

const unwatched = (why: string): journal.Line => ({ _tag: "Unwatched", why })

describe("the journal", () => {
  it.skipIf(process.platform !== "linux")("a disk that is full costs the line", () => {
    assert.doesNotThrow(() => journal.append("/dev/full", journal.line(unwatched("no room"))))
  })

  it("a folder that is gone costs the line", () => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-journal-"))
    const file = join(folder, "journal")
    journal.append(file, journal.line(unwatched("first")))
    const text = readFileSync(file, "utf8")
    rmSync(folder, { recursive: true })
    journal.append(file, journal.line(unwatched("second")))
    assert.deepStrictEqual(journal.linesOf(text), [unwatched("first")])
  })

  it("is read without the lines that were cut off, wherever that was", () => {
    const text = ["first", "second", "third"].map((why) => journal.line(unwatched(why))).join("")
    for (let end = 0; end <= text.length; end++) {
      const whole = text.slice(0, end).split("\n").length - 1
      assert.includeMembers([whole, whole + 1], [journal.linesOf(text.slice(0, end)).length], `cut at ${end}`)
    }
  })

  it("has the place of a sample as its thread maps it", () => {
    const sample: Sysmon.Sample = {
      at: 0,
      delayMs: 1,
      late: false,
      returning: false,
      shown: "code",
      fiberId: undefined,
      name: undefined,
      frames: [],
      place: { file: "src/work.ts", line: 102, function: "grind" },
      debugged: false,
      whole: undefined,
      stack: "Error: held\n    at grind (/app/src/work.ts:102:9)"
    }
    const prints = Error.prepareStackTrace
    Error.prepareStackTrace = (error, [site]) => `${String(error)}\n    at grind (${site?.getFileName()}:15:9)`
    let text: string
    try {
      text = journal.placed("beat:1", sample)
    } finally {
      Error.prepareStackTrace = prints
    }
    const [line] = journal.linesOf(text)
    assert.deepInclude(line, {
      _tag: "Placed",
      key: "beat:1",
      stack: "Error: held\n    at grind (/app/src/work.ts:15:9)"
    })
    assert.deepInclude(line?._tag === "Placed" && line.place, { line: 15, function: "grind" })
  })

  it("ends when it is full, and says how many records found no room", () => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-journal-"))
    const file = join(folder, "journal")
    const record = journal.line(unwatched("a stall"))
    const write = journal.makeWriter(record.length * 3)
    for (let i = 0; i < 100; i++) write(file, record)
    const lines = journal.linesOf(readFileSync(file, "utf8"))
    rmSync(folder, { recursive: true })
    assert.lengthOf(
      lines.filter(({ _tag }) => _tag === "Unwatched"),
      3
    )
    // 97 are lost, and the last word of a power of two is 64
    assert.deepInclude(lines.at(-1), { _tag: "Cut", count: 64 })
    assert.isBelow(lines.length, 12)
  })
})
