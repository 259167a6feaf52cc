/**
 * What `giveway top` says when no overview comes, of servers in this process.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import type { RequestListener } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { once } from "node:events"
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as overviews from "../../../src/cli/top/overviews.ts"

/** Beyond the largest process number that Linux gives. */
const deadPid = 4_194_305

const listening = (listener: RequestListener) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = mkdtempSync(join(tmpdir(), "giveway-overviews-"))
      const path = join(folder, "socket")
      const server = createServer(listener).listen(path)
      await once(server, "listening")
      return { folder, path, server }
    }),
    ({ folder, server }) =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections()
        rmSync(folder, { recursive: true })
      })
  )

it.live("a process that refuses, or closes a connection, has not ended: it is asked again, and says why", () =>
  Effect.gen(function* () {
    let asked = 0
    const { path } = yield* listening((_, response) => {
      asked++
      if (asked <= 2) {
        response.writeHead(503).end(asked === 1 ? JSON.stringify({ error: "32 clients listen already" }) : "<html>")
        return
      }
      response.writeHead(200)
      response.write(asked === 3 ? "data: {torn\n\n" : 'event: overview\ndata: {"at":1}\n\n')
      if (asked === 4) response.end()
    })
    const said: Array<string> = []
    const seen: Array<number> = []
    const onSilence = (why: string) => Effect.sync(() => void said.push(why.replaceAll(String(process.pid), "PID")))
    const following = yield* Effect.forkChild(
      overviews.follow({ pid: process.pid, path }, { onOverview: ({ at }) => seen.push(at), onSilence })
    )
    while (seen.length < 2) yield* Effect.sleep("20 millis")
    yield* Fiber.interrupt(following)
    assert.deepStrictEqual(said.slice(0, 2), [
      "process PID refuses /events with status 503: 32 clients listen already",
      "process PID refuses /events with status 503: it gives no reason"
    ])
    assert.match(said[2]!, /^process PID did not respond: SyntaxError/)
    assert.strictEqual(said[3], "process PID closed the connection: it is asked again")
    assert.lengthOf(said, 4)
  }).pipe(Effect.scoped)
)

it.live("a process has ended when there is none of its number", () =>
  Effect.gen(function* () {
    const said: Array<string> = []
    yield* overviews.follow(
      { pid: deadPid, path: join(tmpdir(), "giveway-nowhere") },
      { onOverview: () => {}, onSilence: (why) => Effect.sync(() => void said.push(why)) }
    )
    assert.deepStrictEqual(said, ["the process has ended"])
  })
)
