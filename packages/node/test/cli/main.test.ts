/**
 * The manners of the `giveway` command: its help, its words about a wrong call, its exit codes, and its end.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { giveway, main } from "./giveway.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway-main-"))
  mkdirSync(join(folder, "common"))
  writeFileSync(join(folder, "common", "package.json"), `{ "type": "commonjs" }`)
  writeFileSync(join(folder, "common", "app.ts"), `import { join } from "node:path"\nconsole.log(join("a", "b"))\n`)
  writeFileSync(
    join(folder, "slow.mjs"),
    `for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => console.log(signal))
setInterval(() => {}, 1000)
console.log(process.pid)
`
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

describe("a wrong call", () => {
  it("ends with 2, names the wrong part and the fix, and leaves standard output empty", async () => {
    const calls: ReadonlyArray<readonly [args: ReadonlyArray<string>, line: string]> = [
      [["dmp"], "giveway: there is no command dmp: did you mean dump?"],
      [["src/app.ts"], "giveway: there is no command src/app.ts: to run a program, type giveway run src/app.ts"],
      [
        ["doctor", "npx", "--coverage"],
        "giveway doctor: there is no flag --coverage: if it is a flag of the program, put -- before it"
      ],
      [["doctor", "--junit", join(folder, "slow.mjs", "x.xml"), "x"], "cannot be written"],
      [["run", folder], `giveway run: ${folder} is a folder: name the program's main module in it`]
    ]
    const ended = await Promise.all(calls.map(([args]) => giveway(args)))
    for (const [index, { code, stderr, stdout }] of ended.entries()) {
      assert.include(stderr, calls[index]![1])
      assert.strictEqual(code, 2, stderr)
      assert.strictEqual(stdout, "")
    }
  })

  it("is an ES module in a package that says CommonJS, too", async () => {
    const { code, stderr } = await giveway(["run", join(folder, "common", "app.ts")])
    assert.match(
      stderr,
      /app\.ts is an ES module, but \S*package\.json says "type": "commonjs": run npm pkg set type=module/
    )
    assert.strictEqual(code, 2)
  })
})

describe("the end of the command", () => {
  /** Starts it with a program that ends at no signal, and calls back when that is up. */
  const withSlow = async (command: string, use: (child: ReturnType<typeof spawn>) => Promise<void> | void) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", main, command, join(folder, "slow.mjs")], {
      stdio: ["pipe", "pipe", "pipe"]
    })
    // the program has the same output, so that it closes when both have ended
    const closed = once(child, "close") as Promise<[number | null]>
    await once(child.stdout, "data")
    await use(child)
    const [code] = await closed
    return code
  }

  for (const command of ["run", "doctor"]) {
    it(`${command}: the first signal waits for the program, the second kills it at once`, async () => {
      const code = await withSlow(command, async (child) => {
        child.kill("SIGINT")
        const [said] = (await once(child.stdout!, "data")) as [Buffer]
        assert.include(String(said), "SIGINT")
        // until a second signal is one: sooner it may be npm's copy of the first
        const again = setInterval(() => child.kill("SIGINT"), 50)
        await once(child, "exit")
        clearInterval(again)
      })
      assert.strictEqual(code, 130)
    })
  }
})

describe("a reader that goes away", () => {
  it("ends the command without a word, with its code", async () => {
    const child = spawn("sh", [
      "-c",
      `"${process.execPath}" --conditions=giveway-source "${main}" compile nowhere.ts --json; echo $? >&2`
    ])
    let stderr = ""
    child.stderr.on("data", (data) => (stderr += data))
    child.stdout.destroy()
    await once(child, "close")
    assert.strictEqual(stderr.trim(), "1")
  })
})
