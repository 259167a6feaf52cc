/**
 * The server as a stranger meets it, who sends bytes. Its faults would end this process, so that it goes on is the proof.
 */
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Loop } from "../../../src/diagnostics/protocol.ts"
import type { Asked, Endpoint } from "../../../src/diagnostics/http/server.ts"
import * as server from "../../../src/diagnostics/http/server.ts"
import { Client, get, listening, statusOf } from "./raw.ts"

const secret = "checkout for customer 4711"

const loop = (name: string): Loop => ({
  state: "held",
  at: 2000,
  since: 1000,
  heldMs: 1000,
  by: {
    cause: "slice",
    fiberId: 3,
    name,
    place: { file: "pay.ts", line: 1, function: undefined },
    stack: undefined,
    late: false
  }
})

const endpoint = (path: string, respond: Endpoint["respond"]): Endpoint => ({ path, about: path, respond })

const text =
  (body: string) =>
  ({ response }: Asked) =>
    server.send(response, "text/plain", [Buffer.from(body)])

const endpoints: ReadonlyArray<Endpoint> = [
  endpoint("/", text("page")),
  endpoint("/well", text("well")),
  endpoint("/slow", async (asked) => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    text("slow")(asked)
  }),
  endpoint("/throws", () => {
    throw new Error("in the endpoint")
  }),
  endpoint("/rejects", () => Promise.reject(new Error("in the endpoint"))),
  endpoint("/torn", async ({ response }) => {
    response.writeHead(200)
    response.write("begun")
    throw new Error("after the head")
  })
]

const served = (token: string | undefined, use: (port: number) => Promise<void>, name = secret): Promise<void> =>
  listening(server.make({ endpoints, look: () => loop(name), guarded: true, token }), use)

const token = "correct-horse-battery"

const host = "Host: 127.0.0.1"

const given = process.env["GIVEWAY_SEED"] ?? "20261130"
const seed = given === "random" ? Math.floor(Math.random() * 1e9) : Number(given)

/** What strangers send. */
const hostile: ReadonlyArray<string> = [
  `GET // HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET //[ HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET http://[ HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET http://evil.example/well HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET /%ff%ZZ?token=%ff%ZZ HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET * HTTP/1.1\r\n${host}\r\n\r\n`,
  `OPTIONS * HTTP/1.1\r\n${host}\r\n\r\n`,
  `CONNECT evil.example:443 HTTP/1.1\r\n${host}\r\n\r\n`,
  `GET / HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  `GET / HTTP/1.1\r\n${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: a\r\n\r\n`,
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  get("/", "Cookie: giveway-token=%"),
  get("/", "Cookie: giveway-token=%E0%A4%A; giveway-token"),
  get("/", "Authorization: Bearer", "Authorization: Bearer \xff"),
  get("/", "Origin: http://[", "Sec-Fetch-Site: \x80"),
  get("/", "Host: a", "Host: b"),
  "GET / HTTP/1.1\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
  get("/", "Expect: 100-continue"),
  get("/", "Expect: a miracle"),
  get("/", "Content-Length: 5"),
  get("/", "Content-Length: 5", "Transfer-Encoding: chunked"),
  `POST /well HTTP/1.1\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`,
  `POST /well HTTP/1.1\r\n${host}\r\nContent-Length: 99999999999\r\n\r\n${"a".repeat(100_000)}`,
  get("/", `X: ${"a".repeat(100_000)}`),
  get(`/${"a".repeat(100_000)}`),
  get("/", ...Array.from({ length: 3000 }, (_, index) => `X${index}: a`)),
  "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  "\r\n\r\n\r\n",
  "\0".repeat(1000),
  `${get("/throws")}${get("/rejects")}${get("/torn")}${get("/nowhere")}`
]

/** Sends something that is answered, or not, and goes: at its end, or by a reset. */
const send = async (port: number, bytes: Uint8Array | string, isReset: boolean): Promise<void> => {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1")
    socket.on("error", () => {})
    socket.on("close", () => resolve())
    socket.on("data", () => isReset && socket.resetAndDestroy())
    socket.write(bytes, () => {
      if (!isReset) socket.end()
    })
    // not everything has an answer
    if (isReset) setTimeout(() => socket.resetAndDestroy(), 20)
    socket.resume()
  })
}

describe("the server", () => {
  it("goes on, whatever comes, and however the client leaves", async () => {
    for (const given of [undefined, token]) {
      await served(given, async (port) => {
        await Promise.all(
          hostile.flatMap((text) => [false, true].map((isReset) => send(port, Buffer.from(text, "latin1"), isReset)))
        )
        assert.strictEqual(await statusOf(port, "/well"), given === undefined ? 200 : 401)
      })
    }
  })

  it(`goes on after bytes of any kind, whole or torn (GIVEWAY_SEED=${seed})`, () =>
    served(undefined, async (port) => {
      const piece = fc.oneof(
        fc.constantFrom(...hostile.filter((text) => text.length < 1000)),
        fc.constantFrom(
          "GET ",
          "/",
          "//",
          "?token=%",
          " HTTP/1.1\r\n",
          `${host}\r\n`,
          "\r\n",
          "Cookie: giveway-token="
        ),
        fc.string({ unit: "binary", maxLength: 20 })
      )
      const sent = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.boolean())
      const rounds = process.env["GIVEWAY_LONG"] === "1" ? 1000 : 3
      for (let round = 0; round < rounds; round++) {
        // fewer at a time than the server takes
        const some = fc.sample(sent, { numRuns: 100, seed: seed + round })
        await Promise.all(some.map(([pieces, isReset]) => send(port, Buffer.from(pieces.join(""), "latin1"), isReset)))
      }
      assert.strictEqual(await statusOf(port, "/well"), 200)
    }))

  it("tells a client that is refused nothing about the program", async () => {
    const told = async (port: number, request: string): Promise<string> => {
      const client = new Client(port, request)
      await client.closed
      return client.received
    }
    await served(token, async (port) => {
      for (const path of ["/", "/well", "/nowhere", "/throws", "/?token=wrong", "*"]) {
        const text = await told(port, get(path, "Connection: close"))
        assert.match(text, /^HTTP\/1\.1 40[01] /)
        assert.notMatch(text, /giveway-loop|checkout|pay\.ts|fiber|held/i)
      }
      const text = await told(port, get("/", `Authorization: Bearer ${token}`, "Connection: close"))
      assert.match(text, /^giveway-loop: held for 1000 ms by checkout for customer 4711 \(fiber #3\) at pay\.ts:1\r$/m)
    })
    await served(undefined, async (port) => {
      const foreign = get("/").replace(host, "Host: evil.example")
      for (const request of [
        foreign,
        get("/", "Origin: http://evil.example"),
        get("/", "Sec-Fetch-Site: cross-site")
      ]) {
        const text = await told(port, request)
        assert.match(text, /^HTTP\/1\.1 403 /)
        assert.notMatch(text, /giveway-loop|checkout|pay\.ts|fiber|held/i)
      }
    })
  })

  it("answers the requests of one connection in their order", () =>
    served(undefined, async (port) => {
      const client = new Client(
        port,
        `${get("/slow")}${get("/well")}${get("/throws")}${get("/well", "Connection: close")}`
      )
      await client.closed
      const found = client.received.match(/slow|(?<!-)well|in the endpoint/g)
      assert.deepStrictEqual(found, ["slow", "well", "in the endpoint", "well"])
      assert.match(client.received, /HTTP\/1\.1 500 /)
    }))

  it("keeps its head short and to letters that heads may have, whatever a name holds", () =>
    served(
      undefined,
      async (port) => {
        const client = new Client(port, get("/well", "Connection: close"))
        await client.closed
        const line = /^giveway-loop: (.*)\r$/m.exec(client.received)![1]!
        assert.isAtMost(line.length, 500)
        assert.match(line, /^held for 1000 ms by \?\?\?evil: 1\?+a{100}/)
        assert.notMatch(client.received, /^evil/m)
      },
      `\u{1b}\r\nevil: 1\u{202e}\u{5d0}${"a".repeat(20_000)}`
    ))

  it("refuses a person in words and a program in JSON", () =>
    served(token, async (port) => {
      const refusal = async (path: string, ...headers: ReadonlyArray<string>): Promise<string> => {
        const client = new Client(port, get(path, "Connection: close", ...headers))
        await client.closed
        assert.match(client.received, /^HTTP\/1\.1 401 /)
        assert.match(client.received, /^content-security-policy: default-src 'none'/m)
        return client.received
      }
      assert.match(await refusal("/", "Accept: text/html,*/*"), /^content-type: text\/html[^]*<p>a token is needed/m)
      assert.match(await refusal("/?token=a", "Accept: text/html"), /<p>the token is wrong/)
      assert.match(await refusal("/"), /^content-type: application\/json/m)
      assert.match(await refusal("/well", "Accept: text/html"), /^content-type: application\/json/m)
    }))

  it("shows a host as text when it refuses it", () =>
    served(undefined, async (port) => {
      const client = new Client(port, "GET / HTTP/1.1\r\nHost: <img>\r\nAccept: text/html\r\nConnection: close\r\n\r\n")
      await client.closed
      assert.match(client.received, /^HTTP\/1\.1 403 /)
      assert.include(client.received, "&#60;img&#62;")
      assert.notInclude(client.received, "<img>")
    }))

  it("cannot be shown in a frame, nor read by another site", () =>
    served(undefined, async (port) => {
      const client = new Client(port, get("/", "Connection: close"))
      await client.closed
      for (const header of [
        /^content-security-policy: default-src 'none'; .*frame-ancestors 'none'/m,
        /^x-frame-options: DENY/m,
        /^cross-origin-resource-policy: same-origin/m,
        /^x-content-type-options: nosniff/m
      ]) {
        assert.match(client.received, header)
      }
      assert.notMatch(client.received, /access-control/i)
    }))
})
