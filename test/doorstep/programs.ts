/**
 * Programs of others in a folder: npm, pnpm, and the service that they start.
 */
import { spawn } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { assert } from "vitest"

export interface Place {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
}

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** A line that takes longer than this hangs (a guess: an install without a cache takes half a minute). */
const lineMs = 200_000

const started = (line: string, { cwd, env }: Place): readonly [child: ChildProcess, output: () => string] => {
  // a group of its own, so that what a shell or npm started can be ended too
  const child = spawn(line, { cwd, env, shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  child.stdout!.on("data", (data) => (output += data))
  child.stderr!.on("data", (data) => (output += data))
  return [child, () => output]
}

const killGroup = (child: ChildProcess): void => {
  try {
    process.kill(-child.pid!, "SIGKILL")
  } catch {
    // it is gone
  }
}

/** Types a line, and waits for its end. */
export const typed = async (line: string, place: Place): Promise<Ended> => {
  const [child, output] = started(line, place)
  const late = setTimeout(() => killGroup(child), lineMs)
  const [code] = (await once(child, "close")) as [number | null]
  clearTimeout(late)
  return { code, output: output() }
}

/** The same, for a line that has to succeed. */
export const succeeds = async (line: string, place: Place): Promise<string> => {
  const { code, output } = await typed(line, place)
  assert.strictEqual(code, 0, `${line} ended with ${code}:\n${output}`)
  return output
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0)
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

export interface Service {
  /** Asks for a page until `pattern` matches its body, and has that. */
  readonly answers: (path: string, pattern: RegExp) => Promise<string>
  /** Makes a change, and asks for a page until `pattern` matches its body, or the output of the service. */
  readonly changed: (change: () => void, path: string, pattern: RegExp) => Promise<void>
}

const patienceMs = 90_000

/** Node's watch mode may miss a change that comes right after its restart: it is made again, once the restart would be over. */
const againMs = 20_000

/** Types a line that starts the service, and ends it as Ctrl-C does. It must end by itself then. */
export const withService = async (
  line: string,
  place: Place,
  use: (service: Service) => Promise<void>
): Promise<void> => {
  const port = await freePort()
  const [child, output] = started(line, { ...place, env: { ...place.env, PORT: String(port) } })
  const closed = once(child, "close")
  const ask = (path: string) =>
    fetch(`http://localhost:${port}${path}`).then(
      (response) => response.text(),
      () => undefined
    )
  const until = async <A>(look: () => Promise<A | undefined>): Promise<A> => {
    const end = performance.now() + patienceMs
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (child.exitCode !== null) assert.fail(`${line} ended with ${child.exitCode}:\n${output()}`)
      if (performance.now() > end) assert.fail(`${line} did not do it in time, and printed:\n${output()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    await use({
      answers: (path, pattern) =>
        until(async () => {
          const text = await ask(path)
          return text !== undefined && pattern.test(text) ? text : undefined
        }),
      changed: async (change, path, pattern) => {
        let next = 0
        await until(async () => {
          if (performance.now() > next) {
            change()
            next = performance.now() + againMs
          }
          return pattern.test((await ask(path)) ?? "") || pattern.test(output()) ? true : undefined
        })
      }
    })
    process.kill(-child.pid!, "SIGINT")
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
    if (child.exitCode === null && child.signalCode === null) assert.fail(`${line} did not end at Ctrl-C:\n${output()}`)
  } finally {
    killGroup(child)
  }
}
