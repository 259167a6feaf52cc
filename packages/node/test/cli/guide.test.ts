/**
 * The guide of the command line has each command, each flag with its meaning, and each exit code, as the code has them.
 */
import { readFileSync } from "node:fs"
import * as Completions from "effect/cli/Completions"
import { assert, describe, it } from "vitest"
import { giveway } from "../../src/cli/giveway.ts"
import * as exitCodes from "../../src/cli/shell/exitCodes.ts"

const guide = readFileSync(new URL("../../../../docs/guides/command-line.md", import.meta.url), "utf8")

/** The rows of a section's tables, without the spaces that align them. */
const rowsBelow = (heading: string): ReadonlyArray<string> => {
  const section = guide.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ""
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (-|flag|exit code)/.test(line))
    .map((line) => line.replace(/\s+\|/g, " |").replace(/\|\s+/g, "| "))
}

describe("docs/guides/command-line.md", () => {
  for (const command of Completions.fromCommand(giveway).subcommands) {
    it(`says what giveway ${command.name} takes, and how it ends`, () => {
      assert.deepStrictEqual(rowsBelow(`giveway ${command.name}`), [
        ...command.arguments.map(({ description, name }) => `| \`<${name}>\` | ${description} |`),
        ...command.flags.map(({ description, name }) => `| \`--${name}\` | ${description} |`),
        ...exitCodes.of(command.name).map(([code, meaning]) => `| ${code} | ${meaning} |`)
      ])
    })
  }

  it("has no command that there is not", () => {
    const commands = Completions.fromCommand(giveway).subcommands.map(({ name }) => name)
    const named = Array.from(guide.matchAll(/^## giveway (\S+)$/gm), ([, name]) => name)
    assert.deepStrictEqual(named, commands)
  })
})
