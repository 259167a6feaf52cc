/**
 * Starts `programs/served.ts` as a process of its own, and asks it from outside.
 */
import { spawn } from "node:child_process"
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { once } from "node:events"
import { request } from "node:http"
import type { IncomingHttpHeaders, RequestOptions } from "node:http"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { NodeDiagnostics } from "@giveway/node"

export const program = fileURLToPath(new URL("programs/served.ts", import.meta.url))

export interface Response {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export const ask = (options: RequestOptions): Promise<Response> =>
  new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (data) => (body += data))
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    asked.on("error", reject)
    asked.end()
  })

export class Served {
  readonly folder = mkdtempSync(join(tmpdir(), "giveway-served-"))
  readonly child: ChildProcessWithoutNullStreams
  stdout = ""
  stderr = ""

  /** `file`: another program, which runs in its own folder. */
  constructor(serve: NodeDiagnostics.Options, file?: string) {
    const args = ["--conditions=giveway-source", file ?? program, JSON.stringify(serve)]
    const cwd = file === undefined ? undefined : dirname(file)
    this.child = spawn(process.execPath, args, { env: this.environment, cwd })
    this.child.stdout.on("data", (data) => (this.stdout += data))
    this.child.stderr.on("data", (data) => (this.stderr += data))
  }

  /** Of this process and of tools that are to find it, and no other. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, XDG_RUNTIME_DIR: this.folder, TMPDIR: this.folder }
  }

  get pid(): number {
    return this.child.pid!
  }

  get socketPath(): string {
    return join(this.folder, "giveway", `${this.pid}.sock`)
  }

  get port(): number {
    return Number(/diagnostics at http:\/\/\S+:(\d+)/.exec(this.stdout)![1])
  }

  /** Waits until the output matches. */
  async until(pattern: RegExp): Promise<void> {
    const end = performance.now() + 20_000
    while (!pattern.test(this.stdout + this.stderr)) {
      if (performance.now() > end) throw new Error(`no ${pattern} in\n${this.stdout}\n${this.stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Lets a fiber hold the loop, and waits until sysmon has said so. */
  async hold(how: "loop" | "native"): Promise<void> {
    this.child.stdin.write(`${how}\n`)
    await this.until(/`checkout` \(fiber #\d+\) has held the loop/)
  }

  /** Lets a job hold its worker, and waits until that is seen. */
  async holdWorker(): Promise<NodeDiagnostics.WorkerWork> {
    this.child.stdin.write("worker\n")
    for (const end = performance.now() + 20_000; ;) {
      const held = (await this.overview()).working.find(({ heldMs, task }) => task === "crunch" && heldMs >= 100)
      if (held !== undefined) return held
      if (performance.now() > end) throw new Error("no worker is held")
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Waits until the socket answers: nobody in the process does. */
  async listening(): Promise<void> {
    for (const end = performance.now() + 20_000; ;) {
      try {
        await this.get("/nowhere")
        return
      } catch (error) {
        if (performance.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }

  get(path: string): Promise<Response> {
    return ask({ socketPath: this.socketPath, path })
  }

  /** Asks until the loop turns: on a crowded machine it may just be held by whoever has the core. */
  async turning(path: string): Promise<Response> {
    for (const end = performance.now() + 20_000; ;) {
      const response = await this.get(path)
      if (response.headers["giveway-loop"] === "turning" || performance.now() > end) return response
    }
  }

  async overview(): Promise<NodeDiagnostics.Overview> {
    return JSON.parse((await this.get("/overview")).body)
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const closed = once(this.child, "close")
      this.child.kill(signal)
      await closed
    }
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** A served process that is ready, for as long as `use` takes. */
export const withServed = async <A>(
  serve: NodeDiagnostics.Options,
  use: (served: Served) => Promise<A>,
  file?: string
): Promise<A> => {
  const served = new Served(serve, file)
  try {
    await served.until(/^ready$/m)
    if (serve.socket === true) await served.listening()
    return await use(served)
  } finally {
    await served.stop("SIGKILL")
  }
}
