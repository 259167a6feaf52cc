import { describe, expect, it } from "vitest"
import * as execArgv from "../../src/thread/execArgv.ts"

const bare = (args: ReadonlyArray<string>, nodeOptions?: string) =>
  execArgv.bare({ execArgv: args, env: { HOME: "/home/me", ...(nodeOptions && { NODE_OPTIONS: nodeOptions }) } }, false)

describe("a thread of Giveway's own", () => {
  it("gets none of the options with which the program's code is loaded, and the rest of the environment", () => {
    const args = ["--import", "./instrument.mjs", "-r", "./old.cjs", "--input-type=module", "-e", "text", "--inspect"]
    expect(bare(args, "--require=./agent.js --max-old-space-size=512")).toEqual({
      execArgv: [],
      env: { HOME: "/home/me" }
    })
  })

  it("gets the condition of the sources where it runs from sources", () => {
    expect(execArgv.bare({ execArgv: [], env: {} }, true).execArgv).toEqual(["--conditions=giveway-source"])
  })

  it("has the permissions of the process and no others, from its arguments and from NODE_OPTIONS", () => {
    const permissions = ["--permission", "--allow-fs-read=*", "--allow-fs-write", "/tmp", "--allow-worker"]
    expect(bare([...permissions, "--import=./a.mjs"]).execArgv).toEqual(permissions)
    expect(bare([], `--permission --allow-fs-read="/a folder/\\"b\\"" --import "./a b.mjs"`).execArgv).toEqual([
      "--permission",
      '--allow-fs-read=/a folder/"b"'
    ])
  })

  it("warns of nothing that the process is told not to warn of", () => {
    expect(bare(["--no-warnings", "--disable-warning=PERM0006"]).execArgv).toHaveLength(2)
  })

  it("finds packages where Yarn resolves them", () => {
    const options = "--require /p/.pnp.cjs --experimental-loader file:///p/.pnp.loader.mjs"
    expect(bare([], options).execArgv).toEqual(options.split(" "))
  })
})

describe("a compute worker", () => {
  const forJobs = (...args: ReadonlyArray<string>) => execArgv.forJobs({ execArgv: args, env: {} })

  it("inherits what the process has", () => {
    expect(forJobs("--import", "./instrument.mjs", "--max-old-space-size=512")).toEqual({})
  })

  it("of a program without a file gets the options of loading and the permissions", () => {
    const kept = ["--import", "./instrument.mjs", "--conditions=work", "--no-warnings", "--permission"]
    expect(forJobs("--input-type=module", ...kept, "-e", "text", "--max-old-space-size=512")).toEqual({
      execArgv: kept
    })
  })
})
