/**
 * `giveway doctor` on real programs: what it finds in them, how it ends, and that it ends.
 */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "giveway doctor "))
  mkdirSync(join(folder, "src"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Finding {
  readonly verdict: string
  readonly cause: string
  readonly file?: string
  readonly line?: number
  readonly function?: string
  readonly worstMs: number
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the doctor; `stop` is called with what the program has printed so far. */
const doctor = (args: ReadonlyArray<string>, stop?: (stderr: string, kill: () => void) => void): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ["--conditions=giveway-source", main, "doctor", ...args], {
      cwd: folder,
      // a group of its own, as in a terminal: Ctrl-C goes to all of it
      detached: true
    })
    let stdout = ""
    let stderr = ""
    child.stdout.on("data", (data) => (stdout += data))
    child.stderr.on("data", (data) => {
      stderr += data
      stop?.(stderr, () => {
        stop = undefined
        process.kill(-child.pid!, "SIGINT")
      })
    })
    const timeout = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), 55_000)
    child.once("close", (code) => {
      clearTimeout(timeout)
      resolve({ code, stdout, stderr })
    })
  })

const program = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return name
}

const faultsOf = (stdout: string): ReadonlyArray<Finding> =>
  (JSON.parse(stdout) as { readonly findings: ReadonlyArray<Finding> }).findings.filter(
    ({ verdict }) => verdict === "fault"
  )

/** In the thread's own computing time: what a crowded machine takes is not the program's fault, and the doctor knows. */
const spin = `let sink = 0; const spin = (ms) => {
  const { user } = process.threadCpuUsage()
  while (process.threadCpuUsage().user - user < ms * 1000) for (let i = 0; i < 100_000; i++) sink = (sink * 31 + i) | 0
}
`

const patient = ["--grace", "0s", "--json"]
const eager = [...patient, "--budget", "60ms"]

describe("a program that knows neither Giveway nor Effect", () => {
  it("is told the line of a callback that holds the loop, and keeps its arguments", async () => {
    const file = program(
      "timer.mjs",
      `${spin}setTimeout(function onTimer() { spin(Number(process.argv[3])) }, 200)\nsetTimeout(() => {}, 900)\n`
    )
    const { code, stderr, stdout } = await doctor([...eager, file, "--", "--ms", "300"])
    assert.strictEqual(code, 1, stderr)
    const found = faultsOf(stdout).filter(({ function: f }) => f === "spin")
    assert.lengthOf(found, 1, stdout)
    assert.deepInclude(found[0], { file: "timer.mjs", line: 3 })
    assert.isAtLeast(found[0]!.worstMs, 230)
  })

  it("is told of a stall in which it ended, by itself or by process.exit", async () => {
    for (const [name, end] of [
      ["returns", ""],
      ["exits", "process.exit(0)"]
    ] as const) {
      const file = program(`${name}.mjs`, `${spin}setTimeout(() => { spin(400); ${end} }, 200)\n`)
      const { code, stderr, stdout } = await doctor([...eager, file])
      assert.strictEqual(code, 1, stderr)
      const found = faultsOf(stdout).filter(({ function: f }) => f === "spin")
      assert.lengthOf(found, 1, `${name}: ${stdout}`)
    }
  })

  it("may take its time to load its modules, and passes", async () => {
    const file = program("starts.mjs", `${spin}spin(200)\nconsole.log("started")\n`)
    const { code, stderr, stdout } = await doctor(["--budget", "60", "--json", file])
    assert.strictEqual(code, 0, stderr)
    assert.include(stderr, "started")
    assert.deepStrictEqual(faultsOf(stdout), [])
  })

  it("is judged from its first callback on, however short it lives", async () => {
    const file = program("short.mjs", `${spin}setTimeout(() => spin(300), 10)\n`)
    const { code, stderr, stdout } = await doctor(["--budget", "60", "--json", file])
    assert.strictEqual(code, 1, stderr)
    assert.deepInclude(
      faultsOf(stdout).find(({ function: f }) => f === "spin"),
      { file: "short.mjs" }
    )
    const { stderr: text } = await doctor(["--budget", "60", "--grace", "1m", file])
    assert.match(text, /within the first 60\.0 s of a process \(--grace\)/)
  })

  it("is told the lines of its source, if it was bundled with a source map", async () => {
    const source = program(
      "bundled.ts",
      `interface A { readonly a: number }\ntype B = A\n\n${spin.replace("(ms)", "(ms: number)")}setTimeout(() => spin(300), 10)\nexport type { B }\n`
    )
    const outfile = join(folder, "out", "bundled.mjs")
    await build({
      absWorkingDir: folder,
      entryPoints: [source],
      bundle: true,
      minify: true,
      platform: "node",
      format: "esm",
      sourcemap: true,
      outfile
    })
    const { stderr, stdout } = await doctor(["--budget", "60", "--json", "out/bundled.mjs"])
    const [found] = faultsOf(stdout)
    assert.strictEqual(found?.file, "bundled.ts", stdout + stderr)
    assert.include([5, 6], found.line)
  })

  it("gives the exit code that shells give, if a signal ended it", async () => {
    const file = program("signalled.mjs", `process.kill(process.pid, "SIGTERM")\nsetTimeout(() => {}, 9000)\n`)
    assert.strictEqual((await doctor([file])).code, 143)
  })

  it("keeps its own exit code, with --report-only whatever was found", async () => {
    const fails = program("fails.mjs", "process.exitCode = 7\n")
    assert.strictEqual((await doctor(["--json", fails])).code, 7)
    const slow = program("slow.mjs", `${spin}setTimeout(() => spin(300), 100)\n`)
    assert.strictEqual((await doctor([...eager, "--report-only", slow])).code, 0)
  })
})

describe("a program that supervises itself", () => {
  it("is found once, its allowed blocking is listed and does not count, and what was not compiled is said", async () => {
    const file = fileURLToPath(new URL("../programs/allowed.ts", import.meta.url))
    const { code, stderr, stdout } = await doctor([...patient, "--budget", "100ms", file])
    assert.strictEqual(code, 1, stderr)
    const { findings } = JSON.parse(stdout) as {
      readonly findings: ReadonlyArray<
        Finding & { readonly name?: string; readonly fix: string; readonly allowed?: string }
      >
    }
    const named = findings.filter(({ name }) => name !== undefined)
    assert.deepStrictEqual(
      named.map(({ allowed, name, verdict }) => ({ allowed, name, verdict })),
      [
        { allowed: undefined, name: "GET /rank", verdict: "fault" },
        { allowed: "once, at start", name: "migrate", verdict: "allowed" }
      ],
      stdout
    )
    assert.match(named[0]!.fix, /`rank` \(Pure\.fn\) was not compiled/)
  })
})

describe("tests that Vitest runs", () => {
  it("are judged in their own lines, without Vitest's start, and without the jobs that TestCompute runs inline", async () => {
    const root = fileURLToPath(new URL("../programs/shortTests", import.meta.url))
    const vitest = fileURLToPath(new URL("../../../../node_modules/vitest/vitest.mjs", import.meta.url))
    const { code, stderr, stdout } = await doctor([
      "--budget",
      "100",
      "--json",
      "--",
      process.execPath,
      vitest,
      "run",
      "--root",
      root
    ])
    assert.include(stderr, "2 passed")
    assert.strictEqual(code, 1, stdout)
    const { findings } = JSON.parse(stdout) as {
      readonly findings: ReadonlyArray<Finding & { readonly name?: string; readonly allowed?: string }>
    }
    const faults = findings.filter(({ verdict }) => verdict === "fault")
    assert.deepStrictEqual(
      faults.map(({ name }) => name),
      ["checkout"],
      stdout
    )
    assert.match(faults[0]!.file!, /checkout\.check\.ts$/)
    assert.include([17, 18], faults[0]!.line)
    assert.isTrue(
      findings.some(({ allowed, verdict }) => verdict === "allowed" && allowed!.includes("TestCompute")),
      stdout
    )
  }, 60_000)
})

describe("the doctor", () => {
  it("has the lines that the program itself prints, also of one that is killed right after it was held", async () => {
    const killed = program(
      "killed.mjs",
      `${spin}Error.prepareStackTrace = (error, sites) => [String(error), ...sites.map((site) => \`    at \${site.getFunctionName()} (\${site.getFileName()}:4242:1)\`)].join("\\n")
       setTimeout(() => { spin(1000); setTimeout(() => process.kill(process.pid, "SIGKILL"), 1) }, 100)\n`
    )
    const { stderr, stdout } = await doctor([...eager, "--", process.execPath, killed])
    const [fault] = faultsOf(stdout)
    assert.deepInclude(fault, { file: "killed.mjs", line: 4242 }, stdout + stderr)
  }, 60_000)

  it("watches the processes that a command starts, and writes JUnit XML", async () => {
    const inner = program("inner.mjs", `${spin}setTimeout(() => spin(300), 100)\nsetTimeout(() => {}, 700)\n`)
    const outer = program(
      "outer.mjs",
      `import { spawn } from "node:child_process"\nspawn(process.execPath, ["${inner}"], { stdio: "inherit" })\n`
    )
    const { code, stderr, stdout } = await doctor([...eager, "--junit", "stalls.xml", "--", process.execPath, outer])
    assert.strictEqual(code, 1, stderr)
    assert.isTrue(
      faultsOf(stdout).some(({ file }) => file === "inner.mjs"),
      stdout
    )
    assert.match(readFileSync(join(folder, "stalls.xml"), "utf8"), /<failure .*inner\.mjs/s)
  })

  it("ends although a process that the program left behind still holds its output", async () => {
    const begun = performance.now()
    const { stdout } = await doctor(["--json", "--", "sh", "-c", `sleep 120 2>/dev/null & "${process.execPath}" -e 1`])
    assert.include(stdout, '"findings"')
    assert.isBelow(performance.now() - begun, 24_000)
  })

  it("says which command or option is wrong", async () => {
    const missing = await doctor(["--", "no-such-command-anywhere"])
    assert.strictEqual(missing.code, 2)
    assert.include(missing.stderr, "there is no command no-such-command-anywhere")
    const budget = await doctor(["--budget", "soon", "x.mjs"])
    assert.strictEqual(budget.code, 2)
    assert.match(budget.stderr, /--budget is "soon", but must be a duration of at least 10 ms/)
  })

  it("ends with Ctrl-C, also a program that is stuck for ever, and says where it is stuck", async () => {
    const file = program(
      "stuck.mjs",
      `setTimeout(() => { process.stderr.write("stuck now\\n"); for (;;); }, 300)\nprocess.on("SIGINT", () => process.exit())\n`
    )
    const begun = performance.now()
    const { stderr } = await doctor(["--grace", "0s", "--budget", "60ms", file], (stderr, interrupt) => {
      // the report after a second counts: on a crowded machine the first one may blame the machine
      if (stderr.includes("stuck now")) setTimeout(interrupt, 2000)
    })
    assert.isBelow(performance.now() - begun, 20_000)
    assert.match(stderr, /loop held the loop once[^]*at stuck\.mjs:1/)
  })
})

describe("a program that lets a fiber go", () => {
  const leaves = fileURLToPath(new URL("../programs/leaves.ts", import.meta.url))
  interface Linted {
    readonly lints: ReadonlyArray<{ readonly lint: string; readonly message: string; readonly count: number }>
  }

  it("is told so at its end, and fails only if lints are to count", async () => {
    // its stalls are those of a crowded machine
    const lenient = ["--grace", "60s", "--budget", "5s", "--json"]
    const listed = await doctor([...lenient, leaves])
    assert.strictEqual(listed.code, 0, listed.stderr)
    const leaked = (JSON.parse(listed.stdout) as Linted).lints.find(({ lint }) => lint === "leaked-fiber")
    assert.match(leaked!.message, /^`poll` #\d+ outlived #\d+/)
    const counted = await doctor([...lenient, "--fail-on-lints", leaves])
    assert.strictEqual(counted.code, 1, counted.stderr)
  })
})
