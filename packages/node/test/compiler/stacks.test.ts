/**
 * Stacks of errors thrown after many slices: what `programs/stacks.ts` prints when it is compiled is what it prints when
 * it is not, function by function and place by place.
 */
import { execFile } from "node:child_process"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const programs = fileURLToPath(new URL("programs", import.meta.url))

interface Seen {
  readonly compiled: ReadonlyArray<boolean>
  readonly seen: Readonly<Record<string, string>>
}

const stacks = async (...flags: ReadonlyArray<string>): Promise<Seen> => {
  const args = ["--conditions=giveway-source", ...flags, "stacks.ts"]
  const { stdout } = await run(process.execPath, args, { cwd: programs, timeout: 30_000 })
  // the plain program holds the loop, and says so
  return JSON.parse(stdout.split("\n").findLast((line) => line.startsWith("{"))!)
}

/** The named functions of the program, each with its file, line and column. */
const places = (stack: string): ReadonlyArray<string> =>
  stack.split("\n").flatMap((line) => {
    const [, name, file, place] = /^ {4}at (\S+) \((.*):(\d+:\d+)\)$/.exec(line) ?? []
    return file === undefined || name === "<anonymous>" || !/stacks(Below)?\.ts$/.test(file)
      ? []
      : [`${name} ${basename(file)}:${place}`]
  })

describe("an error thrown in sliced code", () => {
  let plain: Seen
  let sliced: Seen

  beforeAll(async () => {
    plain = await stacks()
    sliced = await stacks("--import", "@giveway/node/register")
  }, 60_000)

  it("comes from compiled functions, suspended and resumed", () => {
    assert.isTrue(plain.compiled.every((compiled) => !compiled))
    assert.isTrue(sliced.compiled.every((compiled) => compiled))
    assert.include(sliced.seen["recursion"], "Activation.step")
  })

  it.each(["recursion", "try and for-of", "methods", "another module", "caught"])(
    "shows its callers as the plain program does: %s",
    (name) => {
      const expected = places(plain.seen[name]!)
      assert.isAbove(expected.length, 3)
      assert.deepStrictEqual(places(sliced.seen[name]!), expected)
    }
  )

  it("keeps its message, also one of several lines", () => {
    assert.match(sliced.seen["recursion"]!, /^Error: at the bottom\n {4}of it\n {4}at last /)
  })

  it("is left alone if it cannot be written or is no error", () => {
    assert.match(sliced.seen["frozen"]!, /^Error: frozen\n {4}at start /)
    assert.strictEqual(sliced.seen["no error"], "its own")
  })
})
