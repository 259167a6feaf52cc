/**
 * Many fibers wait, and one of them computes for 50 ms: how long do the others wait? `async-only` computes in one go on Effect's own
 * scheduler, `giveway` in slices (`Pure.fn`) under `FairScheduler`.
 *
 * Arguments: the side, the number of fibers, the number of sockets. Prints one line of JSON.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Pure } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { Console, Effect } from "effect"
import { once } from "node:events"
import { connect, createServer } from "node:net"
import type { AddressInfo, Socket } from "node:net"
import { primes } from "../roundabout/primes.ts"

const [side, fibers, sockets] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]

/** Below so many, it takes some 55 ms. */
const below = 640_000

const sliced = Pure.fn("burst", primes)
const burst = side === "giveway" ? sliced(below) : Effect.sync(() => primes(below))

/** Fibers that wake every 10 ms and look how late they are. All others wait. */
const wakers = 100

/** One after the other, with a pause: one alone may meet a collection of garbage. */
const bursts = 5

/** Each connection sends a message so often, ms: what measures must not be the load. */
const echoEvery = 300

const crowd = Effect.gen(function* () {
  for (let n = 0; n < fibers; n++) {
    yield* Effect.forkChild(Effect.sleep("1 hour"))
    if (n % 1000 === 999) yield* Effect.sleep(1)
  }
  yield* Effect.never
})

/** Connections that echo: each message waits for the event loop. */
const echo = Effect.acquireRelease(
  Effect.promise(async () => {
    const server = createServer((socket) => socket.on("error", () => socket.destroy()).pipe(socket))
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const open: Array<Socket> = []
    for (let i = 0; i < sockets; i++) {
      const socket = connect({ host: "127.0.0.1", port, noDelay: true })
      // at the end the server may be gone first
      socket.on("error", () => socket.destroy())
      open.push(socket)
      if (i % 64 === 63) await once(socket, "connect")
    }
    return { server, open }
  }),
  ({ open, server }) =>
    Effect.sync(() => {
      for (const socket of open) socket.destroy()
      server.close()
    })
)

const program = Effect.gen(function* () {
  const { open } = yield* echo
  const waits: Array<number> = []
  yield* Effect.forkChild(crowd)
  for (let n = 0; n < wakers; n++) {
    yield* Effect.forkChild(
      Effect.gen(function* () {
        for (let due = performance.now() + 100 + n / 20; ; due += 10) {
          yield* Effect.sleep(Math.max(0, due - performance.now()))
          waits.push(performance.now() - due)
        }
      })
    )
  }
  let echoed = 0
  for (const socket of open) {
    let sentAt = performance.now()
    socket.on("data", () => {
      waits.push(performance.now() - sentAt)
      echoed++
      setTimeout(() => {
        sentAt = performance.now()
        socket.write("x")
      }, echoEvery)
    })
    socket.write("x")
  }
  // all have been forked
  yield* Effect.sleep(1000 + fibers / 50)
  const seen: Array<number> = []
  for (let n = 0; n < bursts; n++) {
    waits.length = 0
    yield* Effect.yieldNow
    yield* burst
    yield* Effect.sleep("50 millis")
    seen.push(...waits)
    yield* Effect.sleep("200 millis")
  }
  const sorted = seen.toSorted((a, b) => a - b)
  const at = (share: number) => Number((sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toPrecision(3))
  yield* Console.log(JSON.stringify({ waited: sorted.length, echoed, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) }))
}).pipe(Effect.scoped)

if (side === "giveway") Giveway.runMain(program)
else NodeRuntime.runMain(program)
