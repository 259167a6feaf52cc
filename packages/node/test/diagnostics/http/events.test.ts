import type { Server } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as events from "../../../src/diagnostics/http/events.ts"
import * as server from "../../../src/diagnostics/http/server.ts"
import { Client, get, listening, statusOf } from "./raw.ts"

/** Two servers with the same events, as a port and a local socket are. */
const served = (
  overview: () => Promise<string>,
  use: (ports: readonly [number, number], stream: ReturnType<typeof events.make>) => Promise<void>
): Promise<void> => {
  const stream = events.make(overview)
  const endpoints = [
    { path: "/events", about: "", isEndless: true, respond: (asked: server.Asked) => void stream.subscribe(asked) }
  ]
  const make = (): Server =>
    server.make({ endpoints, look: () => ({ state: "turning", at: 0 }), guarded: true, token: undefined })
  return listening(make(), (one) => listening(make(), (other) => use([one, other], stream)))
}

const isEvent = (text: string): boolean => text.includes("event: overview\ndata: {}\n\n")

describe("events", () => {
  it("have so many listeners on each server, refuse others with a reason, and take the next when one goes", () =>
    served(
      async () => "{}",
      async ([port, other]) => {
        const listeners = Array.from({ length: events.mostListeners }, () => new Client(port, get("/events")))
        await Promise.all(listeners.map((client) => client.until(isEvent)))
        const refused = new Client(port, get("/events"))
        await refused.closed
        assert.match(
          refused.received,
          /^HTTP\/1\.1 503 [^]*retry-after: \d+[^]*"32 clients listen already: close some"/
        )
        const elsewhere = new Client(other, get("/events"))
        await elsewhere.until(isEvent)
        listeners[0]!.socket.destroy()
        const next = async (): Promise<Client> => {
          const client = new Client(port, get("/events"))
          await client.until((text) => text.includes("\r\n\r\n"))
          return client.received.startsWith("HTTP/1.1 200") ? client : next()
        }
        const client = await next()
        await client.until(isEvent)
        for (const { socket } of [...listeners, elsewhere, client]) socket.destroy()
      }
    ))

  it("are not kept by those who asked for them twice and went", () =>
    served(
      async () => "{}",
      async ([port]) => {
        for (let i = 0; i < 3; i++) {
          const clients = Array.from(
            { length: events.mostListeners },
            () => new Client(port, get("/events").repeat(50))
          )
          await Promise.all(clients.map((client) => client.until((text) => text.includes("\r\n\r\n"))))
          for (const { socket } of clients) socket.destroy()
          await Promise.all(clients.map(({ closed }) => closed))
        }
        let status = 0
        while (status !== 200) status = await headOf(port)
        assert.strictEqual(status, 200)
      }
    ))

  it("end, and nothing else does, when no overview can be made", () =>
    served(
      () => Promise.reject(new Error("no overview")),
      async ([port], stream) => {
        const client = new Client(port, get("/events"))
        await client.closed
        stream.hurry()
        assert.strictEqual(await statusOf(port, "/nowhere"), 404)
      }
    ))
})

/** The status of a stream, which is left at once. */
const headOf = async (port: number): Promise<number> => {
  const client = new Client(port, get("/events"))
  const text = await client.until((received) => received.includes("\r\n\r\n"))
  client.socket.destroy()
  return Number(text.slice(9, 12))
}
