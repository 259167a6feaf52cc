/**
 * The program's own metrics as text, compared with the text that Effect makes of them.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Metric } from "effect"
import { PrometheusMetrics } from "effect/observability"
import * as prometheus from "../prometheus.ts"
import * as programMetrics from "../../src/diagnostics/programMetrics.ts"

const orders = Metric.counter("shop.orders-made", { description: "Orders\nmade \\ by all", incremental: true })
const big = Metric.counter("9_big", { bigint: true })
const level = Metric.gauge("level:now", { description: "" })
const latency = Metric.histogram("latency", { boundaries: Metric.linearBoundaries({ start: 0, width: 10, count: 3 }) })
const size = Metric.summary("size", { maxAge: "1 minute", maxSize: 10, quantiles: [0.5, 0.99] })
const words = Metric.frequency("words", { description: "Words" })

it.effect("the program's metrics read as Effect's own module formats them", () =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    yield* Metric.update(orders, 3)
    yield* Metric.update(Metric.withAttributes(orders, { "9th-kind": 'a "b"\\c\nd', unit: "ms", time_unit: "s" }), 4)
    yield* Metric.update(big, 12n)
    for (const value of [Infinity, -Infinity, NaN, -0, 1e21]) {
      yield* Metric.update(level, value)
      assert.strictEqual(programMetrics.render(context), PrometheusMetrics.formatUnsafe(context))
    }
    for (const value of [1, 5, 15, 200]) yield* Metric.update(latency, value)
    yield* Metric.update(Metric.withAttributes(latency, { route: "/a" }), 7)
    assert.strictEqual(programMetrics.render(context), PrometheusMetrics.formatUnsafe(context))
    yield* Metric.update(size, 4)
    for (const word of ["a", 'b"', "a"]) yield* Metric.update(words, word)
    const text = programMetrics.render(context)
    assert.strictEqual(text, PrometheusMetrics.formatUnsafe(context))
    assert.include(text, 'words{key="a"} 2')
    assert.include(text, "latency_count 4")
  })
)

it.effect("metrics whose names are one name for Prometheus are a page that strict readers take", () =>
  Effect.gen(function* () {
    const context = yield* Effect.context<never>()
    const [dotted, dashed] = [Metric.counter("shop.sold"), Metric.counter("shop-sold")]
    yield* Metric.update(dotted, 1)
    yield* Metric.update(dashed, 2)
    yield* Metric.update(Metric.gauge("shop_sold"), 3)
    yield* Metric.update(Metric.withAttributes(dotted, { "a.b": "1", "a-b": "2" }), 4)
    yield* Metric.update(Metric.gauge("..."), 5)
    const families = prometheus.read(programMetrics.render(context))
    assert.deepStrictEqual(
      [...families.get("shop_sold")!.samples],
      [
        ["shop_sold", 1],
        ['shop_sold{a_b="2"}', 4]
      ]
    )
    assert.deepStrictEqual([...families.get("shop_sold_gauge")!.samples], [["shop_sold_gauge", 3]])
    assert.deepStrictEqual([...families.get("unnamed")!.samples], [["unnamed", 5]])
  }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
)
