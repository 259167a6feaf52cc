/**
 * The completions in a real bash. It is on each machine that builds this; zsh and fish get the same descriptors by Effect's generators.
 */
import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Completions from "effect/cli/Completions"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { giveway } from "../../../src/cli/giveway.ts"
import { withFiles } from "../../../src/cli/shell/completions.ts"

const descriptor = withFiles(Completions.fromCommand(giveway))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-completions-"))
  writeFileSync(join(folder, "main.ts"), "")
  writeFileSync(join(folder, "bash"), Completions.generate("giveway", "bash", descriptor))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The candidates that bash offers at the end of a line. */
const offered = (line: string): Array<string> => {
  const words = line.split(" ")
  const script = `source ./bash
COMP_WORDBREAKS=" "
COMP_LINE='${line}' COMP_POINT=${line.length} COMP_CWORD=${words.length - 1}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})
_giveway giveway '${words.at(-1)}' '${words.at(-2)}'
printf '%s\\n' "\${COMPREPLY[@]}"`
  return execFileSync("bash", ["--norc", "-c", script], { cwd: folder, encoding: "utf8" }).trim().split("\n")
}

describe("completion in bash", () => {
  it("offers the commands", () => {
    assert.includeMembers(offered("giveway "), ["run", "doctor", "top", "dump", "compile"])
    assert.deepStrictEqual(offered("giveway du"), ["dump"])
  })

  it("offers the flags of a command that are not there yet", () => {
    assert.deepStrictEqual(offered("giveway doctor --ju"), ["--junit"])
    assert.notInclude(offered("giveway top --once --"), "--once")
  })

  it("offers files where a file is meant", () => {
    for (const line of [
      "giveway run ma",
      "giveway doctor --json ma",
      "giveway compile main.ts ma",
      "giveway doctor --junit ma"
    ]) {
      assert.deepStrictEqual(offered(line), ["main.ts"], line)
    }
  })
})

describe("completion in zsh and fish", () => {
  it("knows the same commands and flags", () => {
    for (const shell of ["zsh", "fish"] as const) {
      const script = Completions.generate("giveway", shell, descriptor)
      for (const { flags, name } of descriptor.subcommands) {
        assert.include(script, name)
        for (const flag of flags) assert.include(script, flag.name, `${shell} ${name}`)
      }
    }
  })
})
