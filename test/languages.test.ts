/**
 * The code blocks that no test runs (`examples.test.ts` runs the others): commands name what is there, data can be read, and each
 * block says its language. `text` is shown and not read: drawings, and output that is not marked as that of the block before.
 */
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "vitest"
import type { Block } from "./languages.ts"
import { blocksIn } from "./languages.ts"
import { documents, root, sourcesBelow } from "./sources.ts"

const run = promisify(execFile)

const blocks: ReadonlyArray<Block> = [
  ...documents(),
  ...["packages/core/src", "packages/node/src"].flatMap(sourcesBelow)
].flatMap(({ path, text }) => blocksIn(path, text))

const inLanguage = (...languages: ReadonlyArray<string>) =>
  blocks.filter(({ language }) => languages.includes(language))

const placeOf = ({ document, line }: Block): string => `${document}:${line}`

/** `ts` is for `examples.test.ts`. */
const languages = new Set(["ts", "typescript", "js", "sh", "json", "dockerfile", "yaml", "text"])

/** The commands of a shell script, each as its words. Control flow is left out: the photographs' recipe has a loop. */
const commandsIn = ({ code }: Block): ReadonlyArray<ReadonlyArray<string>> =>
  code
    .replaceAll(/(^|\s)#.*$/gm, "")
    .replaceAll(/\\\n/g, " ")
    .split(/\n|&&|\|\||[;|]/)
    .map((command) => command.trim().split(/\s+/))
    .map((words) => words.slice(words.findIndex((word) => !/^(do|\$|[A-Za-z_]+=.*)$/.test(word))))
    .filter(([first]) => first !== "" && first !== "for" && first !== "done" && !/=/.test(first!))

const commands = inLanguage("sh").flatMap((block) =>
  commandsIn(block).map((words) => ({ where: placeOf(block), document: block.document, words }))
)

/** Programs that a reader has: Node and npm, those of a POSIX system, and those that the text tells them to install. */
const programs = new Set("node npm npx pnpm cat cd cp echo kill mkdir apt-get convert curl docker dpkg-deb".split(" "))

const scripts = Object.keys(JSON.parse(readFileSync(join(root, "package.json"), "utf8")).scripts)

/** The scripts that `giveway init` writes into a package of the reader's. */
const written = ["dev", "start", "test", "build", "doctor"]

/** npm's own commands. */
const npmCommands = new Set(["ci", "cit", "init", "install", "i", "pack", "pkg", "start", "test"])

describe("each block of code", () => {
  it("says its language, and it is one that a test looks at", () => {
    assert.deepStrictEqual(
      blocks
        .filter(({ language }) => !languages.has(language))
        .map((block) => `${placeOf(block)}: ${block.language || "none"}`),
      []
    )
  })

  it("is closed", () => {
    const open = [...documents(), ...["packages/core/src", "packages/node/src"].flatMap(sourcesBelow)]
      .filter(({ text }) => (text.match(/^[ \t]*(\*[ \t])?[ \t]*```/gm) ?? []).length % 2 === 1)
      .map(({ path }) => path)
    assert.deepStrictEqual(open, [])
  })

  it("of JSON can be read", () => {
    for (const block of inLanguage("json")) assert.doesNotThrow(() => JSON.parse(block.code), undefined, placeOf(block))
  })

  it("of a Dockerfile begins each line with an instruction, or continues one", () => {
    const instruction = /^(FROM|RUN|COPY|WORKDIR|CMD|ENTRYPOINT|ENV|USER|EXPOSE|HEALTHCHECK|ARG|#|$)/
    for (const block of inLanguage("dockerfile")) {
      for (const line of block.code.replaceAll(/\\\n/g, " ").split("\n"))
        assert.match(line, instruction, placeOf(block))
    }
  })
})

describe("each command that a document shows", () => {
  it("is one that the reader has", () => {
    assert.deepStrictEqual(
      commands.filter(({ words }) => !programs.has(words[0]!)).map(({ where, words }) => `${where}: ${words[0]}`),
      []
    )
  })

  it("of npm exists, and so does the script that it runs", () => {
    const unknown = commands
      .filter(({ words: [program, command, script] }) =>
        program === "npm" && command === "run"
          ? ![...scripts, ...written].includes(script!)
          : program === "npm" && !npmCommands.has(command!)
      )
      .map(({ where, words }) => `${where}: ${words.join(" ")}`)
    assert.deepStrictEqual(unknown, [])
  })

  it("of npx names a program that the packages or this repository bring", () => {
    const unknown = commands
      .filter(({ words: [program, name] }) => program === "npx" && !name!.startsWith("@giveway/"))
      .filter(({ words: [, name] }) => !existsSync(join(root, "node_modules", ".bin", name!)))
      .map(({ where, words }) => `${where}: ${words.join(" ")}`)
    assert.deepStrictEqual(unknown, [])
  })

  it("of a benchmark names one", () => {
    const unknown = commands
      .filter(({ words }) => words.slice(0, 4).join(" ") === "npm run bench --")
      .filter(({ words }) => !existsSync(join(root, "packages", "examples", "bench", `${words[4]}.ts`)))
      .map(({ where, words }) => `${where}: ${words.join(" ")}`)
    assert.deepStrictEqual(unknown, [])
  })

  // `--help` lists the flags, and `giveway` refuses a subcommand that is not there
  const ofGiveway = Map.groupBy(
    commands
      .filter(({ words: [program, name] }) => program === "npx" && name === "giveway")
      .filter(({ words }) => /^[a-z]/.test(words[2] ?? "")),
    ({ words }) => words[2]!
  )

  it.each(Array.from(ofGiveway))("of giveway exists, with its flags: %s", async (subcommand, shown) => {
    const bin = join(root, "packages", "node", "bin", "giveway.js")
    const { stdout } = await run(process.execPath, [bin, subcommand, "--help"])
    for (const { where, words } of shown) {
      const own = words.slice(3, words.includes("--") ? words.indexOf("--") : undefined)
      for (const flag of own.filter((word) => word.startsWith("--"))) {
        assert.include(stdout, flag.split("=")[0]!, `${where}: giveway ${subcommand} has no ${flag}`)
      }
    }
  })
})
