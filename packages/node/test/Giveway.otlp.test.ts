/**
 * What a collector gets to see of a program under the whole stack.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Compute } from "@giveway/core"
import { Giveway } from "@giveway/node"
import { ConfigProvider, Effect, Layer } from "effect"
import { add, spansAndLogs } from "./tasks/telling.ts"

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string }
}

interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
}

interface Point {
  readonly attributes: ReadonlyArray<Attribute>
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly sum?: number
}

interface MetricData {
  readonly name: string
  readonly sum?: { readonly dataPoints: ReadonlyArray<Point> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<Point> }
}

interface LogRecord {
  readonly severityText: string
  readonly body: { readonly stringValue?: string }
}

/** A collector that keeps what it gets, as OTLP's JSON has it. */
class Collector {
  readonly requests: Array<{ readonly path: string; readonly authorization: string | undefined; readonly body: any }> =
    []

  readonly server = createServer((request, response) => {
    let body = ""
    request.on("data", (data) => (body += data))
    request.on("end", () => {
      this.requests.push({
        path: request.url ?? "",
        authorization: request.headers.authorization,
        body: JSON.parse(body)
      })
      response.setHeader("content-type", "application/json").end("{}")
    })
  })

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  private at(path: string): ReadonlyArray<any> {
    return this.requests.filter((request) => request.path === path).map(({ body }) => body)
  }

  get spans(): ReadonlyArray<Span> {
    return this.at("/v1/traces").flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap((of: any) => of.scopeSpans.flatMap((scope: any) => scope.spans))
    )
  }

  /** The last that was told of a metric. */
  metric(name: string): MetricData | undefined {
    return this.at("/v1/metrics")
      .flatMap(({ resourceMetrics }): Array<MetricData> =>
        resourceMetrics.flatMap((of: any) => of.scopeMetrics.flatMap((scope: any) => scope.metrics))
      )
      .findLast((metric) => metric.name === name)
  }

  get logs(): ReadonlyArray<LogRecord> {
    return this.at("/v1/logs").flatMap(({ resourceLogs }) =>
      resourceLogs.flatMap((of: any) => of.scopeLogs.flatMap((scope: any) => scope.logRecords))
    )
  }

  /** Names of the services that were told of. */
  get services(): ReadonlySet<string | undefined> {
    const resources = this.requests.flatMap(({ body }) =>
      [...(body.resourceSpans ?? []), ...(body.resourceMetrics ?? []), ...(body.resourceLogs ?? [])].flatMap(
        (of: { readonly resource: { readonly attributes: ReadonlyArray<Attribute> } }) => of.resource.attributes
      )
    )
    return new Set(resources.filter(({ key }) => key === "service.name").map(({ value }) => value.stringValue))
  }
}

const collector = Effect.acquireRelease(
  Effect.callback<Collector>((resume) => {
    const collector = new Collector()
    collector.server.listen(0, "127.0.0.1", () => resume(Effect.succeed(collector)))
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
)

/** Computes for so long, however many others want the cores. Looks seldom, since looking is a system call. */
const hold = (ms: number) =>
  Effect.sync(() => {
    for (const begun = process.cpuUsage(); process.cpuUsage(begun).user < ms * 1000;) {
      for (const end = performance.now() + 20; performance.now() < end;);
    }
  })

const program = Effect.gen(function* () {
  yield* Compute.run(spansAndLogs, undefined).pipe(Effect.withSpan("GET /photo"))
  yield* hold(1500).pipe(Effect.withSpan("checkout"))
  // until the watcher has told what it knows of the stall
  yield* Effect.sleep("500 millis")
})

describe("a collector", () => {
  it.live("gets jobs' spans under their callers', metrics, and stalls", () =>
    Effect.gen(function* () {
      const told = yield* collector
      const stack = Giveway.layer({
        compute: { maxWorkers: 1 },
        otlp: { url: told.url, headers: { authorization: "Bearer secret" }, resource: { serviceName: "photos" } }
      })
      yield* Effect.provide(program, stack)

      const byName = (name: string) => told.spans.find((span) => span.name === name)
      const [caller, inJob] = [byName("GET /photo"), byName("decode")]
      assert.isDefined(caller)
      assert.strictEqual(inJob?.traceId, caller.traceId)
      const ancestors: Array<string> = []
      for (let span: Span | undefined = inJob; span !== undefined;) {
        const { parentSpanId } = span
        span = told.spans.find(({ spanId }) => spanId === parentSpanId)
        if (span !== undefined) ancestors.push(span.name)
      }
      assert.include(ancestors, "GET /photo")

      const completed = told
        .metric("giveway_compute_jobs_total")
        ?.sum?.dataPoints.find(({ attributes }) => attributes.some(({ value }) => value.stringValue === "completed"))
      assert.isAtLeast(Number(completed?.asInt ?? completed?.asDouble), 1)

      const bodies = told.logs.map(({ body }) => body.stringValue ?? "")
      assert.isTrue(
        bodies.some((body) => body.includes("decoded on a worker")),
        bodies.join("\n")
      )
      assert.isTrue(
        told.logs.some(
          ({ body, severityText }) => /checkout/.test(body.stringValue ?? "") && /warn/i.test(severityText)
        ),
        bodies.join("\n")
      )
      const causes = told
        .metric("giveway_stalls_total")
        ?.sum?.dataPoints.flatMap(({ attributes }) => attributes.map(({ value }) => value.stringValue))
      assert.include(causes ?? [], "slice")
      const [lasted] = told.metric("giveway_stall_duration_seconds")?.histogram?.dataPoints ?? []
      assert.isAtLeast(Number(lasted?.count), 1)
      assert.isAtLeast(lasted?.sum ?? 0, 1)

      assert.deepStrictEqual([...told.services], ["photos"])
      assert.isTrue(told.requests.every(({ authorization }) => authorization === "Bearer secret"))
    }).pipe(Effect.scoped)
  )

  it.live("is found by OpenTelemetry's own variables, and gets what they say", () =>
    Effect.gen(function* () {
      const told = yield* collector
      const variables = ConfigProvider.fromEnv({
        env: {
          OTEL_TRACES_EXPORTER: "otlp",
          OTEL_EXPORTER_OTLP_ENDPOINT: told.url,
          OTEL_SERVICE_NAME: "from-variables",
          GIVEWAY_COMPUTE_MAX_WORKERS: "1"
        }
      })
      const stack = Giveway.layerConfig().pipe(Layer.provide(ConfigProvider.layer(variables)))
      yield* Effect.provide(Effect.withSpan(Compute.run(add, { a: 1, b: 2 }), "sum"), stack)
      assert.include(
        told.spans.map(({ name }) => name),
        "sum"
      )
      assert.deepStrictEqual([...new Set(told.requests.map(({ path }) => path))], ["/v1/traces"])
      assert.deepStrictEqual([...told.services], ["from-variables"])
    }).pipe(Effect.scoped)
  )

  it.live("need not be told what the service is called", () =>
    Effect.gen(function* () {
      const told = yield* collector
      yield* Effect.provide(Effect.withSpan(Effect.void, "alone"), Giveway.layer({ otlp: { url: told.url } }))
      assert.isAtLeast(told.spans.length, 1)
      assert.strictEqual(told.services.size, 1)
      assert.isFalse(told.services.has(undefined))
    }).pipe(Effect.scoped)
  )

  it.live("must be a URL", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Layer.build(Giveway.layer({ otlp: { url: "localhost:4318" } })))
      assert.include(error.message, 'otlp.url is "localhost:4318"')
    }).pipe(Effect.scoped)
  )
})
