/**
 * The way of a new user, from an empty folder to a service, typed from packed packages: the README's lines, then `giveway init` and the
 * commands that it and its README name. It needs npm's registry.
 *
 * By default with npm on the pinned Node, which CI does. With GIVEWAY_LONG=1 on each Node that is promised, with npm and with pnpm.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { root } from "../sources.ts"
import type { Place } from "./programs.ts"
import { succeeds, typed, withService } from "./programs.ts"

const isLong = process.env["GIVEWAY_LONG"] === "1"

/** undefined: the one that runs this. */
const nodes: ReadonlyArray<string | undefined> = isLong ? ["22.19.0", undefined, "26"] : [undefined]

const managers: ReadonlyArray<"npm" | "pnpm"> = isLong ? ["npm", "pnpm"] : ["npm"]

const readme = readFileSync(join(root, "README.md"), "utf8")

const blockOf = (language: string): string => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "m").exec(readme)![1]!

const serviceReadme = readFileSync(join(root, "packages", "node", "template", "README.md"), "utf8")

/** The mistake that the service's README asks for; longer, since other programs may keep the cores busy. */
const stall = /^yield\* .+\n/m.exec(serviceReadme)![0].replace("1500", "4000")

/** The line that starts the built service under Node's permission model. */
const permissionLine = /^node --permission [^]*?main\.js$/m.exec(serviceReadme)![0]

/** What its README says of other versions than the pinned one. */
const permissionLineOn = (version: string | undefined): string => {
  if (version === undefined) return permissionLine
  return version.startsWith("22.")
    ? permissionLine.replace("--allow-inspector ", "")
    : permissionLine.replace("--allow-addons", "--allow-addons --allow-net")
}

const scratch = mkdtempSync(join(tmpdir(), "giveway-doorstep-"))

afterAll(() => rmSync(scratch, { recursive: true, force: true }), 60_000)

const tarballs: Array<string> = []

beforeAll(() => {
  for (const name of ["core", "node"]) {
    const packed = execFileSync(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", scratch, "-w", `packages/${name}`],
      { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }
    )
    const [only] = Object.values(JSON.parse(packed)) as ReadonlyArray<{ readonly filename: string }>
    tarballs.push(join(scratch, only!.filename))
  }
}, 60_000)

/** The environment of a shell that has this Node and this package manager, and nothing of the tests'. */
const shellOf = async (version: string | undefined, manager: "npm" | "pnpm"): Promise<NodeJS.ProcessEnv> => {
  // npm's settings for its scripts and those of Vitest for its processes; not NODE_EXTRA_CA_CERTS and its like, with which npm finds its registry
  const ours = /^(npm_|VITEST|GIVEWAY_|NODE_OPTIONS$|NODE_ENV$|NODE_V8_COVERAGE$|FORCE_COLOR$|CI$)/i
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
  const tools = join(scratch, `tools-${version}`)
  mkdirSync(tools, { recursive: true })
  const wanted = [...(version === undefined ? [] : [`node@${version}`]), ...(manager === "pnpm" ? ["pnpm"] : [])]
  if (wanted.length > 0) {
    await succeeds(`npm install --no-audit --no-fund --prefer-offline ${wanted.join(" ")}`, { cwd: tools, env })
  }
  const node = version === undefined ? dirname(process.execPath) : join(tools, "node_modules", "node", "bin")
  const path = [node, join(tools, "node_modules", ".bin"), env["PATH"]].join(delimiter)
  return { ...env, PATH: path, npm_config_prefer_offline: "true", npm_config_audit: "false", NO_COLOR: "1" }
}

describe.each(
  nodes.flatMap((version) => managers.map((manager) => ({ version, manager, name: version ?? process.versions.node })))
)("on Node $name with $manager", { timeout: 300_000 }, ({ manager, version }) => {
  const folder = join(scratch, `${manager}-${version}`, "primes")
  let place: Place
  const exec = manager === "npm" ? "npx" : "pnpm exec"
  const run = (script: string) => `${manager} run ${script}`
  const commands: Array<string> = []

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    place = { cwd: folder, env: await shellOf(version, manager) }
  }, 300_000)

  it("installs as the README says", async () => {
    const lines = blockOf("sh").replace("@giveway/core @giveway/node", tarballs.join(" ")).trim()
    // pnpm looks for the core of a packed node package in the registry, where it is not yet
    if (manager === "pnpm") {
      writeFileSync(join(folder, "pnpm-workspace.yaml"), `overrides:\n  "@giveway/core": "file:${tarballs[0]}"\n`)
    }
    const translated = manager === "npm" ? lines : lines.replace("npm install", "pnpm add")
    await succeeds(translated.replaceAll("\n", " && "), place)
    assert.isTrue(existsSync(join(folder, "node_modules", "@giveway", "node")))
  })

  it("runs the README's program, which names the fiber that holds the loop", async () => {
    writeFileSync(join(folder, "app.ts"), blockOf("ts"))
    const output = await succeeds(`${exec} giveway run app.ts`, place)
    assert.match(output, /`unmarked` \(fiber #\d+\) has held the loop for \d+ ms at app\.ts:\d+ in fib/)
    assert.match(output, /2178309[^]*2178309/)
  })

  it("writes a service, and leaves alone what is there", async () => {
    const before = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    const output = await succeeds(`${exec} giveway init`, place)
    const after = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
    assert.deepStrictEqual({ ...after.dependencies, ...before.dependencies }, after.dependencies)
    assert.match(after.dependencies["@giveway/node"], /^file:/)
    commands.push(...Array.from(output.split("Now type:")[1]!.matchAll(/^ {2}(.+)$/gm), ([, line]) => line!))
    assert.deepStrictEqual(commands, [`${manager} install`, `${manager} run dev`])
  })

  it("has commands that work at once", async () => {
    await succeeds(commands[0]!, place)
    const file = join(folder, "src", "Routes.ts")
    const text = readFileSync(file, "utf8")
    await withService(commands[1]!, place, async ({ answers, changed }) => {
      assert.strictEqual(await answers("/primes/100", /count/), '{"below":100,"count":25}')
      assert.strictEqual(await answers("/factors/84", /factors/), '{"n":84,"factors":[2,2,3,7]}')
      const again = () => writeFileSync(file, text.replace("{ below, count }", "{ below, count, again: true }"))
      await changed(again, "/primes/100", /again/)
      const stalls = () => writeFileSync(file, text.replace(/(?<=const primes = .*\n)/, stall))
      await changed(
        stalls,
        "/primes/100",
        /`GET \/primes\/:below` \(fiber #\d+\) (has )?held the loop for \d+ ms at src\/Routes\.ts:\d+/
      )
    })
    writeFileSync(file, text)
  })

  it("has a start, a test, a build and a doctor", async () => {
    await withService(run("start"), place, async ({ answers }) => void (await answers("/primes/100", /25/)))
    assert.match(await succeeds(run("test"), place), /Tests +\d+ passed/)
    await succeeds(run("build"), place)
    await withService("node --import @giveway/node/register dist/main.js", place, async ({ answers }) => {
      await answers("/primes/100", /25/)
      await answers("/primes/100000000", /too long/)
    })
    await withService(permissionLineOn(version), place, async ({ answers }) => {
      await answers("/primes/100", /25/)
      await answers("/factors/84", /2,2,3,7/)
    })
    await succeeds(run("doctor"), place)
  })

  it("finds nothing to do a second time", async () => {
    const { code, output } = await typed(`${exec} giveway init --yes`, place)
    assert.strictEqual(code, 0, output)
    assert.notMatch(output, /written|changed|left alone/)
  })
})
