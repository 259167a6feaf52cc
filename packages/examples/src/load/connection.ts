/**
 * The cheapest HTTP/1.1 client that can do the job: one keep-alive connection, one request at a time, answers with a
 * `Content-Length`. The generator shares two cores with the service it measures, so each microsecond of it is taken
 * from the service: a request costs about a third of one through `node:http` or undici (figures in
 * docs/decisions/0041-load-generator.md).
 */
import { connect } from "node:net"
import type { Socket } from "node:net"

/** An answer, or why there is none. */
export type Answer =
  | { readonly status: number; readonly body: Buffer; readonly error?: undefined }
  | { readonly status: 0; readonly error: string }

/** Where to connect. */
export interface Target {
  readonly host: string
  readonly port: number
}

const headEnd = Buffer.from("\r\n\r\n")

/** A GET, ready to be written. */
export const encodeGet = (target: Target, path: string): Buffer =>
  Buffer.from(`GET ${path} HTTP/1.1\r\nhost: ${target.host}:${target.port}\r\n\r\n`)

/** One connection. `get` MUST NOT be called again before it has answered. */
export class Connection {
  closed = false
  /** settles once it is connected, or cannot be */
  readonly opened: Promise<void>
  #socket: Socket
  #done: ((answer: Answer) => void) | undefined
  #received: Buffer | undefined
  /** where the body starts and ends in what is received, once the head is there */
  #status = 0
  #bodyStart = 0
  #end = -1

  constructor(target: Target) {
    this.#socket = connect({ host: target.host, noDelay: true, port: target.port })
    this.opened = new Promise((resolve) => this.#socket.once("connect", resolve).once("close", () => resolve()))
    this.#socket.on("data", (chunk) => this.#onData(chunk))
    this.#socket.on("error", (error) => this.#fail(error.message))
    this.#socket.on("close", () => this.#fail("the service closed the connection"))
  }

  /** Sends what `encodeGet` made and calls back once. */
  get(request: Buffer, done: (answer: Answer) => void): void {
    if (this.closed) return done({ error: "the connection is closed", status: 0 })
    this.#done = done
    this.#socket.write(request)
  }

  close(): void {
    this.#done = undefined
    this.closed = true
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    const received = this.#received === undefined ? chunk : Buffer.concat([this.#received, chunk])
    this.#received = received
    if (this.#end < 0 && !this.#readHead(received)) return
    if (received.length < this.#end) return
    const answer: Answer = { body: received.subarray(this.#bodyStart, this.#end), status: this.#status }
    const done = this.#done
    this.#received = undefined
    this.#end = -1
    this.#done = undefined
    done?.(answer)
  }

  #readHead(received: Buffer): boolean {
    const headLength = received.indexOf(headEnd)
    if (headLength < 0) return false
    const head = received.toString("latin1", 0, headLength)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    this.#status = Number(head.slice(9, 12))
    this.#bodyStart = headLength + headEnd.length
    if (length === undefined && this.#status !== 204) {
      this.#fail("an answer without Content-Length")
      return false
    }
    this.#end = this.#bodyStart + Number(length ?? 0)
    return true
  }

  #fail(error: string): void {
    if (this.closed) return
    this.closed = true
    this.#socket.destroy()
    const done = this.#done
    this.#done = undefined
    done?.({ error, status: 0 })
  }
}

/** Fewer than Node's backlog of 511 connections that are not accepted yet, past which the kernel drops them. */
const connectAtOnce = 64

/**
 * Keep-alive connections, opened before the load begins: a request takes a free one or waits its turn.
 *
 * There must be more of them than requests wait in the worst stall, or the client's queue is measured instead of the
 * service. Rejected: opening more while the service stalls. A stalled service does not accept them, its backlog
 * overflows, and what is measured then is the kernel's retransmission of SYN packets (1 s, 3 s, 7 s).
 */
export class ConnectionPool {
  #target: Target
  #free: Array<Connection> = []
  #waiting: Array<(connection: Connection) => void> = []
  #all = new Set<Connection>()

  constructor(target: Target) {
    this.#target = target
  }

  /** Opens `size` connections. */
  async open(size: number): Promise<void> {
    while (this.#all.size < size) {
      const batch = Array.from({ length: Math.min(connectAtOnce, size - this.#all.size) }, () => this.#connect())
      await Promise.all(batch.map((connection) => connection.opened))
      this.#free.push(...batch)
    }
  }

  /** Sends a request on the next free connection. */
  get(request: Buffer, done: (answer: Answer) => void): void {
    this.#acquire((connection) => {
      connection.get(request, (answer) => {
        this.#release(connection)
        done(answer)
      })
    })
  }

  close(): void {
    for (const connection of this.#all) connection.close()
    this.#all.clear()
  }

  #connect(): Connection {
    const connection = new Connection(this.#target)
    this.#all.add(connection)
    return connection
  }

  #acquire(use: (connection: Connection) => void): void {
    const free = this.#free.pop()
    if (free === undefined) this.#waiting.push(use)
    else use(this.#renewed(free))
  }

  #release(connection: Connection): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(connection)
    else next(this.#renewed(connection))
  }

  #renewed(connection: Connection): Connection {
    if (!connection.closed) return connection
    this.#all.delete(connection)
    return this.#connect()
  }
}
