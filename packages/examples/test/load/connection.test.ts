import { createServer } from "node:http"
import type { RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { Connection, ConnectionPool, encodeGet } from "../../src/load/connection.ts"
import type { Answer } from "../../src/load/connection.ts"

const closing: Array<() => void> = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const serve = async (listener: RequestListener) => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  closing.push(() => server.close().closeAllConnections())
  return { host: "127.0.0.1", port: (server.address() as AddressInfo).port }
}

const get = (connection: Connection | ConnectionPool, request: Buffer): Promise<Answer> =>
  new Promise((resolve) => connection.get(request, resolve))

describe("the load generator's HTTP client", () => {
  it("reads answers of any size, one after the other, on one connection", async () => {
    const ports = new Set<number | undefined>()
    const target = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      const body = Buffer.alloc(Number(request.url!.slice(1)), "x")
      response.writeHead(200, { "content-length": body.length }).end(body)
    })
    const connection = new Connection(target)
    closing.push(() => connection.close())
    for (const size of [4, 0, 300_000, 17]) {
      const answer = await get(connection, encodeGet(target, `/${size}`))
      expect([answer.status, answer.error === undefined ? answer.body.length : answer.error]).toEqual([200, size])
    }
    expect(ports.size).toBe(1)
  })

  it("says why there is no answer", async () => {
    const target = await serve((request, response) => {
      if (request.url === "/gone") response.socket!.destroy()
      else response.write("of unknown length")
    })
    const gone = new Connection(target)
    expect(await get(gone, encodeGet(target, "/gone"))).toMatchObject({ status: 0 })
    expect(await get(gone, encodeGet(target, "/"))).toEqual({ error: "the connection is closed", status: 0 })
    expect(await get(new Connection(target), encodeGet(target, "/chunked"))).toEqual({
      error: "an answer without Content-Length",
      status: 0
    })
    const nobody = { ...target, port: 1 }
    expect(await get(new Connection(nobody), encodeGet(nobody, "/"))).toMatchObject({
      error: expect.stringContaining("ECONNREFUSED")
    })
  })

  it("lets requests wait for a free connection, and replaces one that broke", async () => {
    let open = 0
    let most = 0
    const target = await serve((request, response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open -= 1
        if (request.url === "/break") response.socket!.destroy()
        else response.writeHead(200, { "content-length": 2 }).end("ok")
      }, 5)
    })
    const pool = new ConnectionPool(target)
    closing.push(() => pool.close())
    await pool.open(2)
    const paths = ["/", "/break", "/", "/", "/", "/"]
    const answers = await Promise.all(paths.map((path) => get(pool, encodeGet(target, path))))
    expect(answers.map(({ status }) => status)).toEqual([200, 0, 200, 200, 200, 200])
    expect(most).toBe(2)
  })
})
