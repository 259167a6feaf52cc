/**
 * Troubles beside the jobs, for the length of the soak: a supervised and served process whose helper threads die, whose
 * diagnostics is asked by clients that never read, and whose caches are spoilt between two rounds.
 */
import { NodeSysmon } from "@giveway/node"
import type { Scope } from "effect"
import { Effect, Layer } from "effect"
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, connect } from "node:net"
import type { Socket } from "node:net"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join, sep } from "node:path"
import type { Worker } from "node:worker_threads"
import * as log from "./log.ts"

/** Clients that never read, each round. */
const stalledClients = 20

/**
 * Between two deaths of a helper thread, ms, from the second round on: each of the two ends at most five times within ten minutes. So
 * it is never given up, and its pause is 4 s at most.
 */
const deathMs = 75_000

/** How long diagnostics may be away: its pause and its start, on a machine that is busy with this soak. */
const awayMs = 30_000

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  return typeof address === "object" && address !== null ? address.port : 0
}

/** The threads of this process by name, as they start. */
const noteThreads = Effect.acquireRelease(
  Effect.sync(() => {
    const threads = new Map<string, Worker>()
    const note = (worker: Worker): void => {
      const { threadName } = worker as { readonly threadName?: string }
      if (threadName === "giveway-sysmon" || threadName === "giveway-diagnostics") threads.set(threadName, worker)
    }
    process.on("worker", note)
    return { threads, forget: () => process.off("worker", note) }
  }),
  ({ forget }) => Effect.sync(forget)
)

/** Caches of this process lie in a folder of its own, where they can be spoilt. */
const ownFolder = Effect.acquireRelease(
  Effect.sync(() => {
    const folder = mkdtempSync(join(tmpdir(), "giveway-soak-"))
    chmodSync(folder, 0o700)
    process.env["TMPDIR"] = folder
    process.chdir(folder)
    return folder
  }),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const spoilt = (good: Buffer, how: number): Buffer => {
  switch (how % 4) {
    case 0:
      return Buffer.alloc(0)
    case 1:
      return good.subarray(0, good.length >> 1)
    case 2:
      return Buffer.alloc(good.length)
    default: {
      const bad = Buffer.from(good)
      if (bad.length > 0) bad[(how * 7919) % bad.length]! ^= 1 << (how % 8)
      return bad
    }
  }
}

/**
 * V8's code is spoilt in every way for so many rounds, and later only in ways that Node sees at the head of a file. For each file that it refuses
 * after that, Node 24.21 keeps the memory into which it has read it (`CompileCacheHandler::ReadCacheFile`; newer sources of Node free it): measured, 20 files
 * of 51 kB cut in half cost 640 kB for each worker that starts. That would hide a leak of ours. The compiler's entries are spoilt in every way, always.
 */
const roundsOfV8 = 5

/** Files with V8's code lie in a folder of that name. */
const isOfV8 = (path: string): boolean => path.split(sep).includes("v8")

/** An empty file, or zeros: no head that Node knows. */
const headless = (how: number): number => (how % 2) * 2

/** Spoils every second file below `folder`, and says how many. */
const spoilFiles = (folder: string, round: number): number => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  let count = 0
  for (const [index, { name, parentPath }] of files.entries()) {
    if ((index + round) % 2 === 0) continue
    const path = join(parentPath, name)
    try {
      const how = index + round
      const ways = round > roundsOfV8 && isOfV8(path) ? headless(how) : how
      writeFileSync(path, spoilt(readFileSync(path), ways))
      count++
    } catch {
      // it was removed meanwhile
    }
  }
  return count
}

export interface Troubles {
  /** clients that ask and never read, until the returned function is called */
  readonly stall: () => Promise<() => Promise<void>>
  /** spoils the caches; at times a helper thread dies */
  readonly between: (round: number) => Promise<void>
  /** complaints about diagnostics, which has to answer, again soon if its thread has died */
  readonly check: () => Promise<ReadonlyArray<string>>
  readonly counts: { deaths: number; spoilt: number; stalled: number }
}

/** Whether it has a character that a terminal obeys. Lines end with a line feed. */
const hasControl = (text: string): boolean => /\p{Cc}/u.test(text.replaceAll("\n", ""))

export const make: Effect.Effect<Troubles, unknown, Scope.Scope> = Effect.gen(function* () {
  const folder = yield* ownFolder
  const { threads } = yield* noteThreads
  const port = yield* Effect.promise(freePort)
  const supervised = NodeSysmon.layer({ logs: false, serve: { port } }).pipe(Layer.provideMerge(log.layer))
  yield* Layer.build(supervised)
  const counts = { deaths: 0, spoilt: 0, stalled: 0 }
  let diedAt = performance.now()

  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(20_000) })
    return response.text()
  }

  const answerOf = async (path: string): Promise<string | undefined> => {
    for (const until = performance.now() + awayMs; performance.now() < until;) {
      try {
        return await get(path)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    return undefined
  }

  return {
    counts,
    stall: async () => {
      const sockets: Array<Socket> = []
      for (let i = 0; i < stalledClients; i++) {
        const socket = connect(port, "127.0.0.1").on("error", () => {})
        sockets.push(socket.pause())
        const path = ["/fibers", "/events", "/metrics", "//", "/overview"][i % 5]
        // some say only half of their request
        socket.write(
          `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: giveway-token=%\r\n${i % 4 === 3 ? "" : "\r\n"}`
        )
        counts.stalled++
      }
      return async () => {
        for (const socket of sockets) {
          if (socket.closed) continue
          const closed = once(socket, "close")
          socket.destroy()
          await closed
        }
      }
    },
    between: async (round) => {
      counts.spoilt += spoilFiles(folder, round)
      if (performance.now() - diedAt < deathMs && round > 2) return
      diedAt = performance.now()
      counts.deaths++
      await threads.get(counts.deaths % 2 === 0 ? "giveway-sysmon" : "giveway-diagnostics")?.terminate()
    },
    check: async () => {
      const metrics = await answerOf("/metrics")
      const overview = await answerOf("/overview")
      if (metrics === undefined || overview === undefined) return ["diagnostics does not answer any more"]
      const found: Array<string> = []
      if (!metrics.includes("giveway_loop_held 0") && !metrics.includes("giveway_loop_held 1")) {
        found.push(`diagnostics has no metrics: ${metrics.slice(0, 200)}`)
      }
      if (hasControl(metrics)) found.push("a name brought a control character into /metrics")
      try {
        JSON.parse(overview)
      } catch {
        found.push(`/overview is no JSON: ${overview.slice(0, 200)}`)
      }
      return found
    }
  }
})
