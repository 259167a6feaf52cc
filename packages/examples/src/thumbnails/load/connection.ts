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
  #socket: Socket
  #done: ((answer: Answer) => void) | undefined
  #received: Buffer | undefined
  /** where the body starts and ends in what is received, once the head is there */
  #status = 0
  #bodyStart = 0
  #end = -1

  constructor(target: Target) {
    this.#socket = connect({ host: target.host, noDelay: true, port: target.port })
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

/**
 * Connections that grow with need: a request takes an idle one, or a new one, or waits its turn once `max` are open.
 * So it does in front of a real service, where a load balancer opens more connections while it waits; with a fixed few,
 * a stall would measure the length of the client's queue.
 */
export class ConnectionPool {
  opened = 0
  #target: Target
  #max: number
  #idle: Array<Connection> = []
  #all = new Set<Connection>()
  #waiting: Array<(connection: Connection) => void> = []

  constructor(target: Target, max: number) {
    this.#target = target
    this.#max = max
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

  #acquire(use: (connection: Connection) => void): void {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.closed) return use(idle)
      this.#all.delete(idle)
    }
    if (this.#all.size >= this.#max) {
      this.#waiting.push(use)
      return
    }
    const connection = new Connection(this.#target)
    this.#all.add(connection)
    this.opened = Math.max(this.opened, this.#all.size)
    use(connection)
  }

  #release(connection: Connection): void {
    if (connection.closed) this.#all.delete(connection)
    else this.#idle.push(connection)
    const next = this.#waiting.shift()
    if (next !== undefined) this.#acquire(next)
  }
}
