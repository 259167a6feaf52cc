/**
 * The service of `server.ts` as a process of its own, and light requests to it: how long each waits while something in it
 * never ends.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { Connection, encodeGet } from "../load/connection.ts"

/** What the service answers when it has stopped a function. */
export interface Stopped {
  readonly what: string
  /** how long after it was to be stopped, ms */
  readonly lateMs: number
}

/** What the service says of itself. */
export interface State {
  /** functions that run */
  readonly running: number
  /** finalizers around functions that ran, ever */
  readonly released: number
  /** `finally` blocks inside of functions that ran, ever */
  readonly closed: number
  /** CPU time of the process, ever */
  readonly cpuMs: number
}

export interface Service {
  readonly url: string
  readonly get: (path: string) => Promise<string>
  /** Requests one after the other, at random distances, until `ms` have passed; how long each took, ms. */
  readonly ping: (ms: number) => Promise<ReadonlyArray<number>>
  readonly stderr: () => string
  readonly state: () => Promise<State>
  /** Ends it, if need be by force. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<void>
}

const script = fileURLToPath(new URL("./server.ts", import.meta.url))

/** ms between two light requests, at most. */
const pause = 4

const cell = new Int32Array(new SharedArrayBuffer(4))

/** A timer counts whole milliseconds, and a client that waits so falls into step with the slices of the service. */
const sleep = (ms: number): void => void Atomics.wait(cell, 0, 0, ms)

/** Starts it; `compiled` is whether yield points are compiled in. */
export const start = async (
  options: { readonly slice?: number | undefined; readonly compiled?: boolean } = {}
): Promise<Service> => {
  const hook = options.compiled === false ? [] : ["--import", "@giveway/node/register"]
  const slice = options.slice === undefined ? [] : [String(options.slice)]
  const child = spawn(process.execPath, [...process.execArgv, ...hook, script, ...slice], {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
    stdio: ["pipe", "pipe", "pipe"]
  })
  let stderr = ""
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
  const exit = once(child, "exit")
  const announced = new Promise<number>((resolve) => {
    createInterface(child.stdout).on("line", (line) => {
      // a busy machine may have something to log before
      if (line.startsWith("{")) resolve((JSON.parse(line) as { readonly port: number }).port)
    })
  })
  const port = await Promise.race([announced, exit.then(() => undefined)])
  if (port === undefined) throw new Error(`the service did not start:\n${stderr}`)
  const target = { host: "127.0.0.1", port }
  const request = encodeGet(target, "/ping")

  const timed = (connection: Connection): Promise<number> =>
    new Promise((resolve, reject) => {
      const begun = performance.now()
      connection.get(request, (answer) => {
        if (answer.status === 200) resolve(performance.now() - begun)
        else reject(new Error(`/ping: ${answer.error ?? answer.status}\n${stderr}`))
      })
    })

  const url = `http://127.0.0.1:${port}`
  const get = (path: string) => fetch(`${url}${path}`).then((response) => response.text())
  return {
    url,
    get,
    state: () => get("/state").then((text) => JSON.parse(text) as State),
    ping: async (ms) => {
      const connection = new Connection(target)
      await connection.opened
      const taken: Array<number> = []
      for (const end = performance.now() + ms; performance.now() < end;) {
        taken.push(await timed(connection))
        sleep(pause * Math.random())
      }
      connection.close()
      return taken
    },
    stderr: () => stderr,
    stop: async (signal = "SIGTERM") => {
      child.kill(signal)
      await exit
    }
  }
}
