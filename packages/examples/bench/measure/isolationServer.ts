/**
 * The service of the isolation benchmark: `/ping` answers at once, `/work` when a job of some 20 ms on the pool is done.
 * A bare HTTP server, the same for every pool, so that what differs is the pool. Argument: a variant, as JSON. Prints one
 * line of JSON, its port and how long its first job took, and leaves when its standard input ends.
 */
import { createServer } from "node:http"
import { availableParallelism } from "node:os"
import type { AddressInfo } from "node:net"
import { contestants } from "../pools/contestants.ts"
import type { Job } from "../pools/contestant.ts"
import type { Variant } from "./isolationVariants.ts"

const { contestant, ...priority } = JSON.parse(process.argv[2]!) as Variant
const start = await contestants[contestant]()
const begun = performance.now()
const pool = await start({ workers: availableParallelism(), ...priority })

await pool.run({ name: "work", payload: 1 })
const firstJobMs = performance.now() - begun

const job: Job = { name: "work", payload: 12_000_000 }

/** For the load generator: the service's own clock and CPU time. */
const stats = (): string => {
  const { system, user } = process.cpuUsage()
  return JSON.stringify({ nowMs: performance.now(), cpuMs: (user + system) / 1000 })
}

/** Longer than a measurement, in ms: the generator's connection for statistics is silent that long, and Node closes after 5 s. */
const keepAliveTimeout = 65_000

const server = createServer({ keepAliveTimeout }, (request, response) => {
  if (request.url !== "/work") {
    response.end(request.url === "/stats" ? stats() : "pong")
    return
  }
  pool.run(job).then(
    () => response.end("done"),
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    }
  )
})

server.listen(0, "127.0.0.1", () =>
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port, firstJobMs }))
)
process.stdin.once("end", () => process.exit(0)).resume()
