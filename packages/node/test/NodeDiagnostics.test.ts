/**
 * A process that is asked from outside: while its loop turns, and while it is stuck.
 */
import { existsSync, mkdirSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { vi } from "vitest"
import type { NodeDiagnostics } from "@giveway/node"
import { NodeSysmon } from "@giveway/node"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import type { Dump } from "../src/cli/text/dumpText.ts"
import { render } from "../src/cli/text/dumpText.ts"
import { ask, program, withServed } from "./served.ts"
import * as prometheus from "./prometheus.ts"

const culprit =
  readFileSync(program, "utf8")
    .split("\n")
    .findIndex((line) => line.includes("for (;;)")) + 1

const line = (metrics: string, name: string): string | undefined =>
  metrics.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))

interface Fibers {
  readonly loop: NodeDiagnostics.Loop
  readonly source: NodeDiagnostics.Source
  readonly fibers: {
    readonly fibers: ReadonlyArray<{ readonly id: number; readonly name?: string; readonly state: string }>
  }
}

interface AwaitedJob {
  readonly task: string
  readonly worker: number
  readonly selfMs: number
  readonly slices: number
  readonly longestMs: number
  readonly heldMs: number
}

describe("a worker that a job holds", () => {
  it("is told with the job and its slices: in the tree, in the dump's head, as a metric", () =>
    withServed({ socket: true, port: 0 }, async (served) => {
      const held = await served.holdWorker()
      assert.strictEqual(held.task, "crunch")
      const { body } = await served.turning("/fibers")
      const told = JSON.parse(body) as Dump
      const nightly = told.fibers!.fibers.find(({ name }) => name === "nightly")!
      const job = nightly.awaits!.job! as AwaitedJob
      assert.deepInclude(job, { task: "crunch", worker: held.worker, slices: 1 })
      assert.isAtLeast(job.heldMs, held.heldMs)
      assert.strictEqual(job.longestMs, job.heldMs)
      assert.isAtLeast(job.selfMs, job.heldMs)
      const text = render(told)
      assert.match(text, /worker \d+ runs `crunch` for [^;]+ in 1 slice; its loop has not turned for \d/)
      assert.match(
        text,
        /nightly #\d+ .*\n.*└─ job crunch {2}running on worker \d+ .*its worker's loop has not turned for/
      )
      const families = prometheus.read((await served.turning("/metrics")).body)
      const heldSeconds = families.get("giveway_worker_held_seconds")!.samples
      assert.isAtLeast(
        heldSeconds.get(`giveway_worker_held_seconds{worker="${held.worker}",task="crunch"}`)!,
        held.heldMs / 1000
      )
      // the number of threads and their phases are families of their own
      assert.isAtLeast(families.get("giveway_compute_workers")!.samples.size, 1)
      assert.isAtLeast(families.get("giveway_pool_workers")!.samples.size, 1)
    }))

  it("is told while a native call holds the main thread too", () =>
    withServed({ socket: true, port: 0 }, async (served) => {
      const before = await served.holdWorker()
      await served.hold("native")
      const { loop, working } = await served.overview()
      assert.strictEqual(loop.state, "held")
      const now = working.find(({ worker }) => worker === before.worker)!
      assert.strictEqual(now.job, before.job)
      assert.isAbove(now.heldMs, before.heldMs)
    }))

  it("is not held by a job that waits", () =>
    withServed({ socket: true, port: 0 }, async (served) => {
      // it sleeps for 200 ms, or more; the first one imports its module, which does hold the worker
      const waits = ({ heldMs, selfMs, slices, task }: NodeDiagnostics.WorkerWork): boolean =>
        task === "resize" && heldMs === 0 && slices > 0 && selfMs < 100
      let seen = false
      for (const end = performance.now() + 20_000; !seen && performance.now() < end;) {
        seen = (await served.overview()).working.some(waits)
      }
      assert.isTrue(seen)
    }))
})

describe("a process whose loop turns", () => {
  it("tells its metrics, its fibers and where its time goes, between two turns", () =>
    withServed({ socket: true, port: 0 }, async (served) => {
      const metrics = await served.turning("/metrics")
      assert.strictEqual(metrics.headers["giveway-loop"], "turning")
      assert.include(metrics.headers["content-type"], "version=0.0.4")
      assert.strictEqual(line(metrics.body, "giveway_loop_held"), "giveway_loop_held 0")
      assert.isUndefined(line(metrics.body, "giveway_loop_hog_info"))
      assert.match(line(metrics.body, "giveway_loop_lateness_seconds_count")!, / [1-9]\d*$/)
      assert.match(line(metrics.body, "orders")!, /^orders [1-9]\d*$/)
      const families = prometheus.read(metrics.body)
      assert.isTrue(
        families.get("giveway_self_seconds_total")!.samples.has('giveway_self_seconds_total{name="customers"}')
      )

      const { body } = await served.turning("/fibers")
      const { fibers, loop, source } = JSON.parse(body) as Fibers
      assert.strictEqual(loop.state, "turning")
      assert.strictEqual(source.from, "message")
      assert.lengthOf(
        fibers.fibers.filter(({ name }) => name === "customers"),
        21
      )

      const lints = JSON.parse((await served.turning("/lints")).body)
      assert.strictEqual(lints.source.from, "message")
      assert.isArray(lints.lints)

      const overview = await served.overview()
      assert.strictEqual(overview.process.pid, served.pid)
      assert.strictEqual(overview.pool?.maxWorkers, 2)
      assert.include(
        overview.usage.map(({ name }) => name),
        "customers"
      )
    }))

  it("sends what changes as server-sent events", () =>
    withServed({ socket: true }, async (served) => {
      const { promise, resolve } = Promise.withResolvers<ReadonlyArray<NodeDiagnostics.Overview>>()
      const { request } = await import("node:http")
      const asked = request({ socketPath: served.socketPath, path: "/events" }, (response) => {
        let text = ""
        response.on("data", (data) => {
          text += data
          const frames = Array.from(text.matchAll(/^event: overview\ndata: (.*)\n\n/gm), ([, json]) =>
            JSON.parse(json!)
          )
          if (frames.length >= 3) resolve(frames)
        })
      })
      asked.end()
      const frames = await promise
      asked.destroy()
      const slices = frames.map(({ statistics }) => statistics!.slices)
      assert.isAbove(slices.at(-1)!, slices[0]!)
    }))

  it("prints its fibers on SIGUSR2", () =>
    withServed({ signal: true }, async (served) => {
      served.child.kill("SIGUSR2")
      await served.until(/customers #\d+ {2}waiting/)
      assert.match(served.stderr, /^\d+ fibers, and \d of Giveway's own\n/m)
    }))

  it("answers nothing else, and changes nothing", () =>
    withServed({ socket: true }, async (served) => {
      const elsewhere = await served.get("/nowhere")
      assert.strictEqual(elsewhere.status, 404)
      assert.include(
        JSON.parse(elsewhere.body).endpoints.map(({ path }: { readonly path: string }) => path),
        "/metrics"
      )
      const posted = await ask({ socketPath: served.socketPath, path: "/metrics", method: "POST" })
      assert.strictEqual(posted.status, 405)
    }))
})

describe("a process in an endless loop", () => {
  it("tells who holds it, since when and where, and all that it tells otherwise", () =>
    withServed({ socket: true, port: 0 }, async (served) => {
      await served.hold("loop")
      // the first stack may have come late on a busy machine
      await served.until(/has held the loop for \d+ ms at \S+/)
      const metrics = await served.get("/metrics")
      assert.match(
        String(metrics.headers["giveway-loop"]),
        new RegExp(`^held for \\d+ ms by checkout \\(fiber #\\d+\\) at \\S*served\\.ts:${culprit}$`)
      )
      assert.strictEqual(line(metrics.body, "giveway_loop_held"), "giveway_loop_held 1")
      assert.match(
        line(metrics.body, "giveway_loop_hog_info")!,
        new RegExp(`cause="slice",fiber="\\d+",name="checkout",place="\\S*served\\.ts:${culprit}"`)
      )
      assert.match(line(metrics.body, "orders")!, /^orders [1-9]\d*$/)
      assert.match(line(metrics.body, "giveway_loop_lateness_seconds_count")!, / [1-9]\d*$/)

      const { body } = await served.get("/fibers")
      const { fibers, loop, source } = JSON.parse(body) as Fibers
      assert.strictEqual(source.from, "interrupt")
      assert.strictEqual(loop.state, "held")
      if (loop.state !== "held") return
      const running = fibers.fibers.find(({ state }) => state === "running")
      assert.deepStrictEqual([running?.id, running?.name], [loop.by.fiberId, "checkout"])
      assert.strictEqual(loop.by.place?.line, culprit)
      assert.include(loop.by.stack, "holdForEver")

      const lints = JSON.parse((await served.get("/lints")).body)
      assert.strictEqual(lints.source.from, "interrupt")
      const finding = lints.lints.find(({ lint }: { readonly lint: string }) => lint === "never-yielded")
      assert.deepStrictEqual(finding.fibers, [loop.by.fiberId])

      const first = await served.overview()
      const second = await served.overview()
      if (first.loop.state !== "held" || second.loop.state !== "held") assert.fail("it is held")
      assert.strictEqual(first.loop.since, second.loop.since)
      assert.isAbove(second.loop.heldMs, first.loop.heldMs)
      const holding = second.usage.find(({ name }) => name === "checkout")
      assert.isAtLeast(holding!.selfMs, first.loop.heldMs / 2)
      assert.lengthOf(second.open, 1)
    }))
})

describe("a process in a native call", () => {
  it("is known to be held, and tells what it said last, with its age", () =>
    withServed({ socket: true }, async (served) => {
      const before = await served.overview()
      await served.hold("native")
      const overview = await served.overview()
      assert.strictEqual(overview.loop.state, "held")
      if (overview.loop.state === "held") assert.strictEqual(overview.loop.by.name, "checkout")
      assert.strictEqual(overview.source.from, "memory")
      assert.isAbove(overview.source.ageMs, 0)
      assert.strictEqual(overview.statistics?.slices, before.statistics?.slices)
      await served.until(/`checkout` \(fiber #\d+\) held the loop for/)
      const after: NodeDiagnostics.Overview = JSON.parse((await served.turning("/overview")).body)
      assert.strictEqual(after.loop.state, "turning")
      // on a crowded machine another stall may have followed
      assert.include(
        after.recent.map(({ hog }) => hog.name),
        "checkout"
      )
      const metrics = await served.get("/metrics")
      assert.match(metrics.body, /^giveway_stalls_total\{cause="(sync-syscall|native|slice)"\} [1-9]/m)
      prometheus.read(metrics.body)
    }))
})

describe("the local socket", () => {
  it("is its owner's only, takes the place of what a dead process left, and goes with its process", () =>
    withServed({ socket: true }, async (served) => {
      const { mode } = statSync(served.socketPath)
      assert.strictEqual(mode & 0o777, 0o600)
      assert.strictEqual(statSync(dirname(served.socketPath)).mode & 0o777, 0o700)
      const path = served.socketPath
      served.child.kill("SIGTERM")
      await served.until(/$/)
      while (existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20))
    }))

  it("of a process that was killed is removed by the next one", () =>
    withServed({ socket: true }, async (served) => {
      const folder = dirname(served.socketPath)
      mkdirSync(folder, { recursive: true })
      // beyond the largest process number that Linux gives
      const left = join(folder, "4194305.sock")
      await new Promise<void>((resolve) => createServer().listen(left, resolve).unref())
      const next = await import("../src/diagnostics/localSocket.ts")
      vi.stubEnv("XDG_RUNTIME_DIR", served.folder)
      vi.stubEnv("TMPDIR", served.folder)
      try {
        assert.deepStrictEqual(
          next.list().map(({ pid }) => pid),
          [served.pid]
        )
      } finally {
        vi.unstubAllEnvs()
      }
      assert.isFalse(existsSync(left))
    }))
})

describe("a port", () => {
  it("is answered on loopback only, and to who asks for a loopback name", () =>
    withServed({ port: 0 }, async (served) => {
      const options = { host: "127.0.0.1", port: served.port, path: "/metrics" }
      assert.strictEqual((await ask(options)).status, 200)
      const rebound = await ask({ ...options, headers: { host: "evil.example" } })
      assert.strictEqual(rebound.status, 403)
      assert.isUndefined(rebound.headers["giveway-loop"])
      for (const path of ["//", "http://[", "*", "/?token=%"]) await ask({ ...options, path })
      for (const headers of [{ cookie: "giveway-token=%" }, { origin: "null" }]) await ask({ ...options, headers })
      assert.strictEqual((await ask(options)).status, 200)
    }))

  it("with a token wants it, from browsers once", () => {
    const token = "correct-horse-battery"
    return withServed({ port: 0, host: "0.0.0.0", token }, async (served) => {
      const options = { host: "127.0.0.1", port: served.port, path: "/overview" }
      const refused = await ask(options)
      assert.strictEqual(refused.status, 401)
      assert.notInclude(refused.body, "checkout")
      const wrong = await ask({ ...options, headers: { authorization: "Bearer correct-horse-batterz" } })
      assert.strictEqual(wrong.status, 401)
      const right = await ask({ ...options, headers: { authorization: `Bearer ${token}` } })
      assert.strictEqual(right.status, 200)
      const page = await ask({ ...options, path: `/?token=${token}` })
      assert.deepStrictEqual([page.status, page.headers.location], [303, "/"])
      const [cookie] = page.headers["set-cookie"]!
      assert.match(cookie!, /HttpOnly; SameSite=Strict/)
      const withCookie = await ask({ ...options, headers: { cookie: cookie!.split(";")[0]! } })
      assert.strictEqual(withCookie.status, 200)
    })
  })

  const errorOf = (serve: NodeDiagnostics.Options) =>
    Effect.map(
      Effect.flip(Effect.scoped(Layer.build(NodeSysmon.layer({ serve, logs: false })))),
      (error) => error.message
    )

  it.live("that is taken fails the layer, by name", () =>
    Effect.gen(function* () {
      const taken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close())
      )
      const { port } = taken.address() as AddressInfo
      assert.include(yield* errorOf({ port }), `cannot listen on 127.0.0.1:${port}: listen EADDRINUSE`)
    }).pipe(Effect.scoped)
  )

  it.live("is not opened with options that cannot be, nor to others without a token", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* Effect.forEach(
          [
            { port: 70_000 },
            { port: 0, host: "0.0.0.0" },
            { port: 0, token: "short" },
            // as a program without types may have it
            { port: 0, token: Redacted.make(5) as never }
          ],
          errorOf
        ),
        [
          "NodeSysmon: serve.port is 70000, but must be a whole number from 0 to 65535",
          "NodeSysmon: serve.token is undefined, but must be set when host is 0.0.0.0, which others can reach",
          "NodeSysmon: serve.token is <redacted:5 characters>, but must be 16 characters or more, chosen at random",
          "NodeSysmon: serve.token is <redacted>, but must be a string"
        ]
      )
    })
  )

  it.live("comes from the configuration too", () =>
    Effect.gen(function* () {
      const provider = ConfigProvider.fromEnv({ env: { GIVEWAY_SERVE_PORT: "70000" } })
      const error = yield* Effect.flip(
        Effect.scoped(Layer.build(NodeSysmon.layerConfig().pipe(Layer.provide(ConfigProvider.layer(provider)))))
      )
      assert.include(error.message, "port is 70000")
    })
  )
})
