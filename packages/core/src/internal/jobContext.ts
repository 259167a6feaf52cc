/**
 * The part of a caller's fiber that holds inside the job: its span as the parent, log annotations, log spans, log and
 * trace levels. Loggers and tracer stay where they are; the job's signals go back to them (`telemetry.ts`).
 *
 * Services do not cross: a task names its own in its layer.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { Packed } from "./transport.ts"
import { pack, unpack } from "./transport.ts"

export interface PackedContext {
  readonly span: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean } | undefined
  readonly logAnnotations: ReadonlyArray<readonly [string, Packed]>
  readonly logSpans: ReadonlyArray<[label: string, timestamp: number]>
  readonly logLevel: LogLevel.Severity
  readonly minimumLogLevel: LogLevel.LogLevel
  readonly traceLevel: LogLevel.LogLevel
  readonly minimumTraceLevel: LogLevel.LogLevel
  readonly tracerEnabled: boolean
  readonly spanAnnotations: ReadonlyArray<readonly [string, Packed]>
}

const packRecord = (record: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, Packed]> =>
  Object.entries(record).map(([key, value]) => [key, pack(value)] as const)

const unpackRecord = (entries: ReadonlyArray<readonly [string, Packed]>): Record<string, unknown> =>
  Object.fromEntries(entries.map(([key, value]) => [key, unpack(value)]))

/** What a job needs to know of its caller's fiber. About 1 µs, most of it the span's id if nobody asked for it yet. */
export const capture = (fiber: Fiber.Fiber<unknown, unknown>): PackedContext => {
  const { cache } = fiber
  const { span } = cache
  const disabled = span !== undefined && Context.get(span.annotations, Tracer.DisablePropagation)
  return {
    span:
      span === undefined || disabled
        ? undefined
        : { traceId: span.traceId, spanId: span.spanId, sampled: span.sampled },
    logAnnotations: packRecord(fiber.getRef(References.CurrentLogAnnotations)),
    logSpans: fiber.getRef(References.CurrentLogSpans),
    logLevel: fiber.getRef(References.CurrentLogLevel),
    minimumLogLevel: cache.minimumLogLevel,
    traceLevel: fiber.getRef(References.CurrentTraceLevel),
    minimumTraceLevel: fiber.getRef(References.MinimumTraceLevel),
    tracerEnabled: cache.tracerEnabled,
    spanAnnotations: packRecord(fiber.getRef(References.TracerSpanAnnotations))
  }
}

/** The context a job's fiber starts with. */
export const restore = (packed: PackedContext): Context.Context<never> => {
  let context = Context.empty().pipe(
    Context.add(References.CurrentLogAnnotations, unpackRecord(packed.logAnnotations)),
    Context.add(References.CurrentLogSpans, packed.logSpans),
    Context.add(References.CurrentLogLevel, packed.logLevel),
    Context.add(References.MinimumLogLevel, packed.minimumLogLevel),
    Context.add(References.CurrentTraceLevel, packed.traceLevel),
    Context.add(References.MinimumTraceLevel, packed.minimumTraceLevel),
    Context.add(References.TracerEnabled, packed.tracerEnabled),
    Context.add(References.TracerSpanAnnotations, unpackRecord(packed.spanAnnotations))
  ) as Context.Context<never>
  if (packed.span !== undefined) {
    context = Context.add(context, Tracer.ParentSpan, Tracer.externalSpan(packed.span)) as Context.Context<never>
  }
  return context
}
