/**
 * Servers in this process, and clients that send bytes rather than requests.
 */
import { connect } from "node:net"
import type { AddressInfo, Socket } from "node:net"
import type { Server } from "node:http"
import { once } from "node:events"

/** A connection, and all that has come on it. */
export class Client {
  readonly socket: Socket
  received = ""
  readonly closed: Promise<unknown>

  constructor(port: number, text = "") {
    this.socket = connect(port, "127.0.0.1")
    this.socket.on("data", (data) => (this.received += data))
    this.socket.on("error", () => {})
    this.closed = once(this.socket, "close")
    this.socket.write(text)
  }

  /** Waits until it holds. */
  async until(holds: (received: string) => boolean): Promise<string> {
    while (!holds(this.received)) {
      if (this.socket.destroyed) throw new Error(`closed after ${JSON.stringify(this.received)}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return this.received
  }
}

/** A request without a body. */
export const get = (path: string, ...headers: ReadonlyArray<string>): string =>
  [`GET ${path} HTTP/1.1`, "Host: 127.0.0.1", ...headers, "", ""].join("\r\n")

/** The status of one request on a connection of its own. */
export const statusOf = async (port: number, path: string): Promise<number> => {
  const client = new Client(port, get(path, "Connection: close"))
  await client.closed
  return Number(client.received.slice(9, 12))
}

/** Listens on a free port for as long as `use` takes. */
export const listening = async (server: Server, use: (port: number) => Promise<void>): Promise<void> => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  try {
    await use((server.address() as AddressInfo).port)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
