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

const started = (line: string, { cwd, env }: Place): readonly [child: ChildProcess, output: () => string] => {
  // a group of its own, so that what a shell or npm started can be ended too
  const child = spawn(line, { cwd, env, shell: true, detached: true, stdio: ["ignore", "pipe", "pipe"] })
  let output = ""
  child.stdout!.on("data", (data) => (output += data))
  child.stderr!.on("data", (data) => (output += data))
  return [child, () => output]
}

/** Types a line, and waits for its end. */
export const typed = async (line: string, place: Place): Promise<Ended> => {
  const [child, output] = started(line, place)
  const [code] = (await once(child, "close")) as [number | null]
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
  /** The body of a page, as soon as `pattern` matches it. */
  readonly answers: (path: string, pattern: RegExp) => Promise<string>
  /** Waits for a text in its output. */
  readonly prints: (pattern: RegExp) => Promise<string>
}

const patienceMs = 60_000

const until = async <A>(look: () => Promise<A | undefined>, otherwise: () => string): Promise<A> => {
  const end = performance.now() + patienceMs
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) return assert.fail(otherwise())
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Types a line that starts the service, and ends it as Ctrl-C does. It must end by itself then. */
export const withService = async (
  line: string,
  place: Place,
  use: (service: Service) => Promise<void>
): Promise<void> => {
  const port = await freePort()
  const [child, output] = started(line, { ...place, env: { ...place.env, PORT: String(port) } })
  const closed = once(child, "close")
  try {
    await use({
      answers: (path, pattern) =>
        until(
          async () => {
            if (child.exitCode !== null) assert.fail(`${line} ended with ${child.exitCode}:\n${output()}`)
            const text = await fetch(`http://localhost:${port}${path}`).then(
              (response) => response.text(),
              () => ""
            )
            return pattern.test(text) ? text : undefined
          },
          () => `no ${pattern} at ${path} of ${line}, which printed:\n${output()}`
        ),
      prints: (pattern) =>
        until(
          async () => (pattern.test(output()) ? output() : undefined),
          () => `no ${pattern} in the output of ${line}:\n${output()}`
        )
    })
    process.kill(-child.pid!, "SIGINT")
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, patienceMs).unref())])
    if (child.exitCode === null && child.signalCode === null) assert.fail(`${line} did not end at Ctrl-C:\n${output()}`)
  } finally {
    try {
      process.kill(-child.pid!, "SIGKILL")
    } catch {
      // the group is gone
    }
  }
}
