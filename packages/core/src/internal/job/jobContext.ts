/**
 * The part of a caller's fiber that holds inside the job: its span as the parent, log annotations, log spans, log and
 * trace levels. Loggers and tracer stay with the caller; the job's signals go back to them (`telemetry.ts`).
 *
 * Services do not cross: a task names its own in its layer.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Logger from "effect/Logger"
import * as Scheduler from "effect/Scheduler"
import type { Packed } from "./transport.ts"
import { pack, unpack } from "./transport.ts"

/** Only values that differ from the defaults: most callers have just a span, and each field is cloned per job. */
export interface PackedContext {
  readonly span?: { readonly traceId: string; readonly spanId: string; readonly sampled: boolean }
  readonly logAnnotations?: ReadonlyArray<readonly [string, Packed]>
  readonly logSpans?: ReadonlyArray<[label: string, timestamp: number]>
  readonly logLevel?: LogLevel.Severity
  readonly minimumLogLevel?: LogLevel.LogLevel
  readonly traceLevel?: LogLevel.LogLevel
  readonly minimumTraceLevel?: LogLevel.LogLevel
  readonly tracerEnabled?: boolean
  readonly spanAnnotations?: ReadonlyArray<readonly [string, Packed]>
}

const packRecord = (record: Readonly<Record<string, unknown>>): ReadonlyArray<readonly [string, Packed]> =>
  Object.entries(record).map(([key, value]) => [key, pack(value)] as const)

const unpackRecord = (entries: ReadonlyArray<readonly [string, Packed]>): Record<string, unknown> =>
  Object.fromEntries(entries.map(([key, value]) => [key, unpack(value)]))

/** Contexts with defaults only: a caller runs job after job in the same context. */
const bare = new WeakSet<Context.Context<never>>()

/** The values of the caller's fiber that a job needs; `undefined`: all are defaults. */
export const capture = (fiber: Fiber.Fiber<unknown, unknown>): PackedContext | undefined => {
  const { context } = fiber
  if (bare.has(context)) return undefined
  const { span } = fiber.cache
  const packed: { -readonly [K in keyof PackedContext]: PackedContext[K] } = {}
  if (span !== undefined && !Context.get(span.annotations, Tracer.DisablePropagation)) {
    packed.span = { traceId: span.traceId, spanId: span.spanId, sampled: span.sampled }
  }
  const differing = <A>(reference: Context.Reference<A>): A | undefined => {
    const value = Context.getOrUndefined(context, reference)
    return value === undefined || value === reference.defaultValue() ? undefined : value
  }
  const keep = <K extends keyof PackedContext>(key: K, value: PackedContext[K] | undefined): void => {
    if (value !== undefined) packed[key] = value
  }
  const logAnnotations = differing(References.CurrentLogAnnotations)
  keep("logAnnotations", logAnnotations && packRecord(logAnnotations))
  keep("logSpans", differing(References.CurrentLogSpans))
  keep("logLevel", differing(References.CurrentLogLevel))
  keep("minimumLogLevel", differing(References.MinimumLogLevel))
  keep("traceLevel", differing(References.CurrentTraceLevel))
  keep("minimumTraceLevel", differing(References.MinimumTraceLevel))
  keep("tracerEnabled", differing(References.TracerEnabled))
  const spanAnnotations = differing(References.TracerSpanAnnotations)
  keep("spanAnnotations", spanAnnotations && packRecord(spanAnnotations))
  if (Object.keys(packed).length > 0) return packed
  bare.add(context)
  return undefined
}

/** `base`, with the values of the caller. */
export const restore = (packed: PackedContext | undefined, base: Context.Context<never>): Context.Context<never> => {
  if (packed === undefined) return base
  let context = base
  const add = <A>(reference: Context.Reference<A>, value: A | undefined): void => {
    if (value !== undefined) context = Context.add(context, reference, value)
  }
  add(References.CurrentLogAnnotations, packed.logAnnotations && unpackRecord(packed.logAnnotations))
  add(References.CurrentLogSpans, packed.logSpans)
  add(References.CurrentLogLevel, packed.logLevel)
  add(References.MinimumLogLevel, packed.minimumLogLevel)
  add(References.CurrentTraceLevel, packed.traceLevel)
  add(References.MinimumTraceLevel, packed.minimumTraceLevel)
  add(References.TracerEnabled, packed.tracerEnabled)
  add(References.TracerSpanAnnotations, packed.spanAnnotations && unpackRecord(packed.spanAnnotations))
  if (packed.span !== undefined) {
    context = Context.add(context, Tracer.ParentSpan, Tracer.externalSpan(packed.span)) as Context.Context<never>
  }
  return context
}

/**
 * The part of the caller's context that a job sees if it runs on the caller's fiber. Like on a worker it has the values that cross, and
 * nothing that the program has put around the call: no `ConfigProvider`, no seeded `Random`, no reference of its own. But it
 * has the clock, the console, the loggers and the tracer of a test.
 */
export const inline = (context: Context.Context<never>): Context.Context<never> =>
  picked(context) as Context.Context<never>

const picked = Context.pick(
  Scheduler.Scheduler,
  Scheduler.MaxOpsBeforeYield,
  Scheduler.PreventSchedulerYield,
  Clock.Clock,
  Console.Console,
  Logger.CurrentLoggers,
  Logger.LogToStderr,
  Tracer.Tracer,
  Tracer.ParentSpan,
  References.CurrentStackFrame,
  References.CurrentLogAnnotations,
  References.CurrentLogSpans,
  References.CurrentLogLevel,
  References.MinimumLogLevel,
  References.CurrentTraceLevel,
  References.MinimumTraceLevel,
  References.TracerEnabled,
  References.TracerTimingEnabled,
  References.TracerSpanAnnotations
)
