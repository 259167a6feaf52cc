import { createServer } from "node:http"
import type { ServerResponse } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as connections from "../../../src/diagnostics/http/connections.ts"
import { Client, get, listening, statusOf } from "./raw.ts"

const limits = { connections: 4, requests: 3, quietMs: 300, graceMs: 50, stuckMs: 5000 }

describe("a connection", () => {
  it("is overdue when its client has owed a request for too long, and never while it is answered", () => {
    assert.isFalse(connections.isOverdue({ asked: 0, quietSince: 1 }, 300, limits))
    assert.isTrue(connections.isOverdue({ asked: 0, quietSince: 0 }, 300, limits))
    assert.isFalse(connections.isOverdue({ asked: 1, quietSince: 0 }, 9999, limits))
  })

  it("goes for a new one if it has been quiet longest, and long enough", () => {
    const open = (...known: ReadonlyArray<readonly [asked: number, quietSince: number]>) =>
      new Map(known.map(([asked, quietSince], index) => [index, { asked, quietSince }]))
    assert.strictEqual(connections.quietest(open([0, 30], [0, 10], [0, 20]), 100, limits), 1)
    assert.strictEqual(connections.quietest(open([1, 0], [0, 40]), 100, limits), 1)
    assert.isUndefined(connections.quietest(open([1, 0], [0, 60]), 100, limits))
    assert.isUndefined(connections.quietest(open(), 100, limits))
  })
})

const served = (use: (port: number, waiting: ReadonlyArray<ServerResponse>, open: () => number) => Promise<void>) => {
  const waiting: Array<ServerResponse> = []
  const server = createServer()
  connections.bound(server, limits)
  let open = 0
  server.on("connection", (socket) => {
    open++
    socket.once("close", () => open--)
  })
  server.on("request", (request, response) => {
    if (request.url === "/wait") waiting.push(response)
    else response.end("now")
  })
  return listening(server, (port) => use(port, waiting, () => open))
}

describe("a server", () => {
  it("takes no more connections than it may, and silent ones keep nobody out", () =>
    served(async (port, _, open) => {
      const silent = Array.from({ length: 40 }, (_, index) => new Client(port, index % 2 === 0 ? "" : "GET / HT"))
      await Promise.all(silent.slice(limits.connections).map(({ closed }) => closed))
      assert.isAtMost(open(), limits.connections)
      // the four that are left are closed when they have been quiet for too long, or make room before
      while ((await statusOf(port, "/")) !== 200) await new Promise((resolve) => setTimeout(resolve, 10))
      await Promise.all(silent.map(({ closed }) => closed))
    }))

  it("refuses with a status when all of its connections are being answered", () =>
    served(async (port, waiting) => {
      const asking = Array.from({ length: limits.connections }, () => new Client(port, get("/wait")))
      while (waiting.length < asking.length) await new Promise((resolve) => setTimeout(resolve, 5))
      await new Promise((resolve) => setTimeout(resolve, limits.graceMs))
      const refused = new Client(port)
      await refused.closed
      assert.match(refused.received, /^HTTP\/1\.1 503 .*"too many connections/s)
      for (const response of waiting) response.end("later")
      await Promise.all(asking.map((client) => client.until((text) => text.endsWith("later"))))
    }))

  it("closes a connection with more requests than it answers", () =>
    served(async (port) => {
      const greedy = new Client(port, get("/wait").repeat(limits.requests + 1))
      await greedy.closed
      assert.strictEqual(await statusOf(port, "/"), 200)
    }))
})
