/**
 * A job's logs and spans on their way to the caller's loggers and tracer.
 *
 * In the worker a logger and a tracer turn every log line, span start, attribute, event and end into a **signal**, sent at
 * once (so the signals of a job that hangs afterwards arrive), unless the job is too far ahead of main (`outputWindow.ts`). On the caller's side a receiver replays them: log lines
 * through the loggers of the caller's fiber with the original date, level, message and cause; spans through its tracer,
 * one real span for each span of the job, keyed by number.
 *
 * **Invariant**: a span that the job left open, because it was killed, is ended by `close`.
 *
 * **Limit**: the caller's tracer chooses the ids of the spans it makes, so an id that a job reads from its own span is
 * not the exported one. Parents and children are right all the same.
 *
 * Decision 0024.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import type { Packed } from "./transport.ts"
import { pack, packAll, unpack } from "./transport.ts"

type PackedFields = ReadonlyArray<readonly [string, Packed]>

type PackedCause = ReadonlyArray<
  | { readonly _tag: "Fail"; readonly error: Packed }
  | { readonly _tag: "Die"; readonly defect: Packed }
  | { readonly _tag: "Interrupt" }
>

/** A number for each span of a job; the caller's span is 0. */
type SpanKey = number

type PackedLink = { readonly traceId: string; readonly spanId: string; readonly sampled: boolean }

export type Signal =
  | {
      readonly _tag: "Log"
      readonly time: number
      readonly level: LogLevel.LogLevel
      readonly message: ReadonlyArray<Packed> | Packed
      readonly cause: PackedCause
      /** what differs from the caller's */
      readonly annotations: PackedFields
      readonly spans: ReadonlyArray<[label: string, timestamp: number]>
      readonly span: SpanKey | undefined
    }
  | {
      readonly _tag: "SpanStart"
      readonly span: SpanKey
      /** `undefined`: a root */
      readonly parent: SpanKey | undefined
      readonly name: string
      readonly kind: Tracer.SpanKind
      readonly startTime: bigint
      readonly sampled: boolean
      readonly root: boolean
      readonly links: ReadonlyArray<PackedLink>
    }
  | { readonly _tag: "SpanAttribute"; readonly span: SpanKey; readonly key: string; readonly value: Packed }
  | {
      readonly _tag: "SpanEvent"
      readonly span: SpanKey
      readonly name: string
      readonly time: bigint
      readonly attributes: PackedFields
    }
  | { readonly _tag: "SpanLinks"; readonly span: SpanKey; readonly links: ReadonlyArray<PackedLink> }
  | {
      readonly _tag: "SpanEnd"
      readonly span: SpanKey
      readonly endTime: bigint
      readonly cause: PackedCause | undefined
    }
  /** so much was left out since the job began, or since the last of these: main did not take it as fast as it came */
  | {
      readonly _tag: "LeftOut"
      readonly task: string
      readonly lines: number
      readonly spans: number
      /** that the worker wrote to standard output and standard error */
      readonly bytes: number
    }

const packFields = (fields: Readonly<Record<string, unknown>>): PackedFields =>
  Object.entries(fields).map(([key, value]) => [key, pack(value)] as const)

const unpackFields = (fields: PackedFields): Record<string, unknown> =>
  Object.fromEntries(fields.map(([key, value]) => [key, unpack(value)]))

/** Reasons of a cause that are sent. A guess: a loop of a hundred thousand fibers that all failed tells no more than that. */
const mostReasons = 1000

const packCause = (cause: Cause.Cause<unknown>): PackedCause => {
  const reasons = cause.reasons.slice(0, mostReasons)
  const parts = packAll(
    reasons.map((reason) => (reason._tag === "Fail" ? reason.error : reason._tag === "Die" ? reason.defect : undefined))
  )
  const sent = reasons.map(({ _tag }, index): PackedCause[number] => {
    switch (_tag) {
      case "Fail":
        return { _tag, error: parts[index]! }
      case "Die":
        return { _tag, defect: parts[index]! }
      case "Interrupt":
        return { _tag }
    }
  })
  const missing = cause.reasons.length - sent.length
  return missing === 0 ? sent : [...sent, { _tag: "Die", defect: pack(`… and ${missing} reasons more`) }]
}

const unpackCause = (packed: PackedCause): Cause.Cause<unknown> =>
  packed.reduce<Cause.Cause<unknown>>((cause, reason) => {
    switch (reason._tag) {
      case "Fail":
        return Cause.combine(cause, Cause.fail(unpack(reason.error)))
      case "Die":
        return Cause.combine(cause, Cause.die(unpack(reason.defect)))
      case "Interrupt":
        return Cause.combine(cause, Cause.interrupt())
    }
  }, Cause.empty)

const packLinks = (links: ReadonlyArray<Tracer.SpanLink>): ReadonlyArray<PackedLink> =>
  links.map(({ span }) => ({ traceId: span.traceId, spanId: span.spanId, sampled: span.sampled }))

const unpackLinks = (links: ReadonlyArray<PackedLink>): Array<Tracer.SpanLink> =>
  links.map((link) => ({ span: Tracer.externalSpan(link), attributes: {} }))

// --- in the worker --------------------------------------------------------------------------------------------------

/**
 * Sends a signal to the caller, or leaves it out: then it returns `false`. The end of a span that has begun is never left
 * out.
 */
export type Send = (signal: Signal) => boolean

/**
 * A span of the job: an ordinary one inside the job, that also sends each change to the caller. If its start was left out, so is
 * the rest, and its children are those of its parent.
 */
class JobSpan extends Tracer.NativeSpan {
  /** the number of the span, or of the nearest one around it that the caller knows; `undefined`: there is none */
  readonly key: SpanKey | undefined
  private readonly isSent: boolean
  private readonly send: Send

  constructor(
    key: SpanKey,
    send: Send,
    options: ConstructorParameters<typeof Tracer.NativeSpan>[0] & { readonly root: boolean }
  ) {
    super(options)
    this.send = send
    const parent = Option.getOrUndefined(options.parent)
    const parentKey = options.root || parent === undefined ? undefined : keyOf(parent)
    this.isSent = send({
      _tag: "SpanStart",
      span: key,
      parent: parentKey,
      name: options.name,
      kind: options.kind,
      startTime: options.startTime,
      sampled: options.sampled,
      root: options.root,
      links: packLinks(options.links)
    })
    this.key = this.isSent ? key : parentKey
  }

  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>): void {
    super.end(endTime, exit)
    if (!this.isSent) return
    const cause = Exit.isFailure(exit) ? packCause(exit.cause) : undefined
    this.send({ _tag: "SpanEnd", span: this.key!, endTime, cause })
  }

  override attribute(key: string, value: unknown): void {
    super.attribute(key, value)
    if (this.isSent) this.send({ _tag: "SpanAttribute", span: this.key!, key, value: pack(value) })
  }

  override event(name: string, startTime: bigint, attributes?: Record<string, unknown>): void {
    super.event(name, startTime, attributes)
    if (!this.isSent) return
    this.send({ _tag: "SpanEvent", span: this.key!, name, time: startTime, attributes: packFields(attributes ?? {}) })
  }

  override addLinks(links: ReadonlyArray<Tracer.SpanLink>): void {
    super.addLinks(links)
    if (this.isSent) this.send({ _tag: "SpanLinks", span: this.key!, links: packLinks(links) })
  }
}

const keyOf = (span: Tracer.AnySpan | undefined): SpanKey | undefined => (span instanceof JobSpan ? span.key : 0)

/** `context`, in which a job runs, with loggers and a tracer that turn its logs and spans into signals. */
export const relay = (send: Send, context: Context.Context<never>): Context.Context<never> => {
  let spans = 0
  const given = Context.get(context, References.CurrentLogAnnotations)
  const tracer = Tracer.make({ span: (options) => new JobSpan(++spans, send, options) })
  const logger = Logger.make(({ cause, date, fiber, logLevel, message }) => {
    const annotations = Object.entries(fiber.getRef(References.CurrentLogAnnotations))
    send({
      _tag: "Log",
      time: date.getTime(),
      level: logLevel,
      message: Array.isArray(message) ? message.map((part) => pack(part)) : pack(message),
      cause: packCause(cause),
      annotations: annotations
        .filter(([key, value]) => given[key] !== value)
        .map(([key, value]) => [key, pack(value)] as const),
      spans: fiber.getRef(References.CurrentLogSpans),
      span: keyOf(fiber.cache.span)
    })
  })
  return context.pipe(
    Context.add(Tracer.Tracer, tracer),
    Context.add(Logger.CurrentLoggers, new Set([logger]))
  ) as Context.Context<never>
}

// --- at the caller --------------------------------------------------------------------------------------------------

/** Replays a job's signals for the fiber that ran it. */
export interface Receiver {
  readonly receive: (signal: Signal) => void
  /** the job is over: a span that it left open is ended as interrupted */
  readonly close: () => void
}

/** The parts of its fiber that a receiver needs. An ended fiber drops its context, and signals may still be on their way. */
export type Told = Pick<Fiber.Fiber<unknown, unknown>, "cache" | "context">

export const receiver = (fiber: Fiber.Fiber<unknown, unknown>, { cache, context }: Told): Receiver => {
  let spans: Map<SpanKey, Tracer.Span> | undefined
  const spanOf = (key: SpanKey | undefined): Tracer.AnySpan | undefined =>
    key === undefined ? undefined : (spans?.get(key) ?? cache.span)

  const log = (signal: Extract<Signal, { readonly _tag: "Log" }>): void => {
    const annotations = {
      ...Context.get(context, References.CurrentLogAnnotations),
      ...unpackFields(signal.annotations)
    }
    const view = viewOf(
      fiber,
      context.pipe(
        Context.add(References.CurrentLogAnnotations, annotations),
        Context.add(References.CurrentLogSpans, signal.spans)
      ) as Context.Context<never>,
      { ...cache, span: spanOf(signal.span) }
    )
    const options = {
      message: Array.isArray(signal.message) ? signal.message.map(unpack) : unpack(signal.message as Packed),
      logLevel: signal.level,
      cause: unpackCause(signal.cause),
      fiber: view,
      date: new Date(signal.time)
    }
    for (const logger of Context.get(context, Logger.CurrentLoggers)) logger.log(options)
  }

  const receive = (signal: Signal): void => {
    if (signal._tag === "LeftOut") {
      log(lineOf(signal))
      return
    }
    if (signal._tag === "Log") {
      log(signal)
      return
    }
    if (signal._tag === "SpanStart") {
      spans ??= new Map()
      const span = Context.get(context, Tracer.Tracer).span({
        name: signal.name,
        parent: Option.fromUndefinedOr(spanOf(signal.parent)),
        annotations: Context.empty(),
        links: unpackLinks(signal.links),
        startTime: signal.startTime,
        kind: signal.kind,
        root: signal.root,
        sampled: signal.sampled
      })
      spans.set(signal.span, span)
      return
    }
    const span = spans?.get(signal.span)
    if (span === undefined) return
    switch (signal._tag) {
      case "SpanAttribute": {
        span.attribute(signal.key, unpack(signal.value))
        break
      }
      case "SpanEvent": {
        span.event(signal.name, signal.time, unpackFields(signal.attributes))
        break
      }
      case "SpanLinks": {
        span.addLinks(unpackLinks(signal.links))
        break
      }
      case "SpanEnd": {
        spans!.delete(signal.span)
        span.end(signal.endTime, signal.cause === undefined ? Exit.void : Exit.failCause(unpackCause(signal.cause)))
      }
    }
  }

  return {
    receive,
    close: () => {
      const open = Array.from(spans?.values() ?? [])
      spans = undefined
      let thrown: { readonly error: unknown } | undefined
      for (const span of open) {
        try {
          span.end(BigInt(Date.now()) * 1_000_000n, Exit.interrupt())
        } catch (error) {
          // a tracer of the program: its other spans are ended all the same
          thrown ??= { error }
        }
      }
      if (thrown !== undefined) throw thrown.error
    }
  }
}

/** What was left out, as a log line. */
const lineOf = ({ bytes, lines, spans, task }: Extract<Signal, { readonly _tag: "LeftOut" }>) => {
  const parts = [
    ...(lines === 0 ? [] : [`${lines} log ${lines === 1 ? "line" : "lines"}`]),
    ...(spans === 0 ? [] : [`${spans} spans or changes of spans`]),
    ...(bytes === 0 ? [] : [`${bytes} bytes of its standard output and standard error`])
  ]
  const text = `A job of task "${task}" wrote faster than this thread takes it, so these were left out: ${parts.join(", ")}. With the option output.overflow: "suspend" the job waits instead`
  return {
    _tag: "Log",
    time: Date.now(),
    level: "Warn",
    message: [pack(text)],
    cause: [],
    annotations: [],
    spans: [],
    span: 0
  } as const
}

/**
 * The caller's fiber as a logger sees it, with the job's annotations, log spans and current span in place of its own.
 * Loggers take a fiber, and a fiber cannot be copied, so this is an object that inherits from it.
 */
const viewOf = (
  fiber: Fiber.Fiber<unknown, unknown>,
  context: Context.Context<never>,
  cache: Fiber.Fiber<unknown, unknown>["cache"]
): Fiber.Fiber<unknown, unknown> =>
  Object.create(fiber, {
    context: { value: context },
    cache: { value: cache }
  }) as Fiber.Fiber<unknown, unknown>
