/**
 * Runs a program of Effect's documentation as a process of its own, and says what it printed and how it ended, without what is
 * another one each time: times, durations, ports, numbers of processes and fibers, and stack frames outside of the program.
 */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Asked, Program } from "./programs.ts"
import type { Name } from "./runtimes.ts"

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly answers: ReadonlyArray<string>
}

/** A process that has not ended by then hangs, ms: the slowest takes a second alone, and 30 beside a load of 30. */
const limit = 100_000

/** From the last output that was waited for to the signal, ms. A guess. */
const settle = 200

/** Stalls are reported beside a program's own output, on a busy machine of every program. */
const isOurs = (line: string): boolean => line.startsWith("giveway: ") || line.includes(" held the loop for ")

export const masked = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !isOurs(line) && !(/^\s+at /.test(line) && !line.includes("ai-docs")))
    .map((line) =>
      line
        .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)?/g, "<time>")
        .replace(/\b\d\d:\d\d:\d\d\.\d{3}\b/g, "<time>")
        .replace(/\b[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}\b/g, "<uuid>")
        .replace(/\b[\da-f]{16,32}\b/g, "<id>")
        .replace(/\(?#\d+\)?/g, "#<fiber>")
        .replace(/("?fiberId"?: ?)"?#?\d+"?/g, "$1<fiber>")
        .replace(/\b\d{13,}n?\b/g, "<time>")
        .replace(/=\d+(\.\d+)?ms\b/g, "=<ms>")
        .replace(/("checkout"?: ?)\d+/g, "$1<ms>")
        .replace(/(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::\]):\d+/g, "$1:<port>")
        .replace(/:\d+:\d+\)?$/, "")
    )
    .join("\n")

const todo = (id: number) => ({ userId: 1, id, title: `todo ${id}`, completed: id % 2 === 0 })

const page = (after: unknown) => ({
  repository: {
    issues: {
      pageInfo: { hasNextPage: after !== "3", endCursor: String(Number(after ?? 0) + 1) },
      nodes: Array.from({ length: 50 }, (_, number) => ({ number, title: `issue ${String(after ?? 0)}/${number}` }))
    }
  }
})

/** What the programs would find in the network: todos, GraphQL and a collector. `heard` gets the path of each request. */
export const network = async (
  heard: (line: string) => void
): Promise<{ readonly url: string; readonly server: Server }> => {
  let failures = 0
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (data) => (body += String(data)))
    request.on("end", () => {
      const path = request.url!
      heard(`${request.method} ${path}`)
      const answer = (value: unknown, status = 200): void => {
        response.writeHead(status, { "content-type": "application/json" })
        response.end(JSON.stringify(value))
      }
      const id = /^\/todos\/(\d+)/.exec(path)?.[1]
      if (id === "404") return answer({}, 404)
      if (id === "503" && failures++ === 0) return answer({}, 503)
      if (id !== undefined) return answer(todo(Number(id)))
      if (path.startsWith("/todos")) {
        return answer(request.method === "POST" ? { ...(JSON.parse(body) as object), id: 201 } : [1, 2].map(todo))
      }
      if (!path.startsWith("/graphql")) return answer({})
      const { variables } = JSON.parse(body) as { readonly variables: Record<string, unknown> }
      if (variables["name"] === "missing") {
        return failures++ === 0
          ? answer({}, 503)
          : answer({ data: { repository: null }, errors: [{ message: "no such repository", type: "NOT_FOUND" }] })
      }
      const ids = variables["ids"] as ReadonlyArray<string> | undefined
      if (ids === undefined) return answer({ data: page(variables["after"]) })
      answer({ data: { nodes: ids.map((id) => ({ __typename: "Repository", nameWithOwner: `acme/${id}` })) } })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

const freePort = async (): Promise<number> => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const ask = async (port: number, asked: Asked): Promise<string> => {
  const { body, headers = {}, method = "GET", path } = asked
  const response = await fetch(`http://localhost:${port}${path}`, {
    method,
    headers: { ...headers, connection: "close", ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) })
  })
  return masked(`${method} ${path}: ${response.status} ${await response.text()}`)
}

export const run = async (program: Program, runtime: Name): Promise<Ended> => {
  const answers: Array<string> = []
  let look = (): void => {}
  const outside = await network((line) => {
    answers.push(line)
    look()
  })
  const port = await freePort()
  const main = fileURLToPath(new URL("main.ts", import.meta.url))
  const child = spawn(process.execPath, ["--conditions=giveway-source", main, program.name, ...(program.args ?? [])], {
    env: {
      PATH: process.env["PATH"],
      TZ: "UTC",
      NODE_NO_WARNINGS: "1",
      // half of what a process takes is compiling Effect
      NODE_COMPILE_CACHE: join(tmpdir(), "giveway-effect-docs"),
      EFFECT_DOCS_RUNTIME: runtime,
      PORT: String(port),
      SERVER: outside.url,
      ...program.env
    },
    stdio: ["ignore", "pipe", "pipe"]
  })
  let stdout = ""
  let stderr = ""
  let sent = false
  const { requests = [], signal, until } = program
  look = () => {
    if (sent || signal === undefined) return
    const ready = requests.length === 0 ? until! : /Listening on/
    if (!ready.test(`${stdout}${stderr}requests: ${answers.join()}`)) return
    sent = true
    void (async () => {
      for (const asked of requests) answers.push(await ask(port, asked).catch((error: unknown) => String(error)))
      // a server logs a request after it has answered it
      await new Promise((resolve) => setTimeout(resolve, settle))
      child.kill(signal)
    })()
  }
  child.stdout.on("data", (data) => {
    stdout += String(data)
    look()
  })
  child.stderr.on("data", (data) => {
    stderr += String(data)
    look()
  })
  const late = setTimeout(() => child.kill("SIGKILL"), limit)
  const ended = await new Promise<Pick<Ended, "code" | "signal">>((resolve) => {
    child.on("close", (code, killed) => resolve({ code, signal: killed }))
  })
  clearTimeout(late)
  outside.server.closeAllConnections()
  outside.server.close()
  const heard = program.anyOrder === true ? [...new Set(answers)].toSorted() : answers
  return { ...ended, stdout: masked(stdout), stderr: masked(stderr), answers: heard }
}
