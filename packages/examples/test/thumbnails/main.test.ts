/**
 * `npm start` as its user meets it: a process, its output, its exit code.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { afterEach, describe, expect, it } from "vitest"

const main = fileURLToPath(new URL("../../src/thumbnails/main.ts", import.meta.url))

const started: Array<ChildProcess> = []
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL")
})

const start = (...args: ReadonlyArray<string>) => {
  const child = spawn(process.execPath, ["--conditions=giveway-source", main, ...args], { stdio: "pipe" })
  started.push(child)
  const output = { stderr: "", stdout: "" }
  child.stdout.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()))
  const exit = new Promise<number | null>((resolve) => child.once("close", resolve))
  const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output.stdout)
      if (match !== null) return match
      if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  return { child, exit, output, printed }
}

describe("npm start", () => {
  it(
    "measures both variants, prints one table and the culprit of the stalls, and ends",
    { timeout: 90_000 },
    async () => {
      const { exit, output } = start("--seconds", "1")
      expect({ code: await exit, ...output }).toMatchObject({ code: 0 })
      expect(output.stderr).toMatch(/async only, saturated: measuring/)
      expect(output.stdout).toMatch(/^ +async only +Giveway$/m)
      for (const row of [
        /^light requests, p50 +\S+ ms +\S+ ms$/m,
        /^light requests, p99 +\S+ ms +\S+ ms$/m,
        /^light requests, max +\S+ ms +\S+ ms$/m,
        /^thumbnails per second +[\d.]+ +[\d.]+$/m,
        /^CPU use of all cores +\d+ % +\d+ %$/m,
        /^stalls seen +\d+ +\d+$/m,
        /^failed or unanswered +0 +0$/m
      ]) {
        expect(output.stdout).toMatch(row)
      }
      // thumbnails on the event loop stall it, and supervision says where
      expect(output.stdout).toMatch(/`thumbnail` .*held the loop for .* at \S*(jpeg|resize|thumbnail)\.ts:\d+/)
    }
  )

  for (const args of [[], ["--async-only"]]) {
    it(`--serve ${args.join()} keeps the service up until Ctrl-C, then leaves cleanly`, async () => {
      const { child, exit, output, printed } = start("--serve", "--port", "0", ...args)
      const [, url] = await printed(/The service is up at (http:\S+) /)
      expect(await fetch(`${url}/ping`).then((response) => response.text())).toBe("pong")
      expect(output.stdout).toContain(`curl ${url}/ping`)
      child.kill("SIGINT")
      expect(await exit).toBe(0)
      await expect(fetch(`${url}/ping`)).rejects.toThrow("fetch failed")
    })
  }

  it("says what to do when the port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => server.once("listening", resolve))
    const { port } = server.address() as AddressInfo
    const { exit, output } = start("--serve", "--port", String(port))
    expect(await exit).toBe(1)
    expect(output.stderr).toContain(`Cannot listen on 127.0.0.1, port ${port}: another process listens there`)
    server.close()
  })

  for (const [args, complaint] of [
    [["--bogus"], "Unrecognized flag: --bogus"],
    [["--serve", "--port", "70000"], "--port"],
    [["--seconds", "0"], "--seconds"]
  ] as const) {
    it(`refuses ${args.join(" ")}`, async () => {
      const { exit, output } = start(...args)
      expect(await exit).not.toBe(0)
      expect(output.stderr).toContain(complaint)
    })
  }

  it("--help lists the flags", async () => {
    const { exit, output } = start("--help")
    expect(await exit).toBe(0)
    for (const flag of ["--serve", "--port", "--async-only", "--seconds"]) expect(output.stdout).toContain(flag)
  })
})
