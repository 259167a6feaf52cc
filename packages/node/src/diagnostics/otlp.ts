/**
 * Effect's OTLP exporters, with Node's `fetch` and a name for the service: the part of the diagnostics that the process sends by
 * itself. It runs on the main thread; everything else in this folder waits for a question.
 *
 * The exporters bring Effect's HTTP client, so they are loaded when they are used. They send JSON, which every collector takes
 * on the port on which it takes protobuf.
 */
import { basename } from "node:path"
import type { InvalidOption } from "@giveway/core/InvalidOption"
import { configuration, options as readers, ownFibers } from "@giveway/core/Platform"
import * as Config from "effect/Config"
import type { Input } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** The receiver of the program's spans, metrics and logs. */
export interface Options {
  /** The collector, such as `http://localhost:4318`. `/v1/traces`, `/v1/metrics` and `/v1/logs` are below it. */
  readonly url: string
  /** Headers of each request, such as credentials. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The sender. The name of the service is `OTEL_SERVICE_NAME`, or else that of the program's file. */
  readonly resource?:
    | {
        readonly serviceName?: string | undefined
        readonly serviceVersion?: string | undefined
        readonly attributes?: Record<string, unknown>
      }
    | undefined
  /** How often to send. Default: spans every 5 seconds, logs every second, metrics every 10 seconds, as in Effect. */
  readonly interval?: Input | undefined
}

const asExport = ownFibers.layerAs("export")

const load = Effect.promise(async () => {
  const [http, otlp, serialization] = await Promise.all([
    import("effect/http/FetchHttpClient"),
    import("effect/observability/Otlp"),
    import("effect/observability/OtlpSerialization")
  ])
  return { Otlp: otlp, needs: Layer.merge(http.layer, serialization.layerJson) }
})

/** `resource` with a name, which Effect's exporters need. A name in the environment goes first. */
const named = Effect.fnUntraced(function* (resource: Options["resource"]) {
  const [serviceName, attributes] = yield* Config.all([
    Config.withDefault(Config.String("OTEL_SERVICE_NAME"), ""),
    Config.withDefault(Config.String("OTEL_RESOURCE_ATTRIBUTES"), "")
  ])
  const isNamed =
    resource?.serviceName !== undefined ||
    resource?.attributes?.["service.name"] !== undefined ||
    serviceName !== "" ||
    /(^|,)\s*service\.name\s*=/.test(attributes)
  return isNamed ? resource : { ...resource, serviceName: basename(process.argv[1] ?? process.execPath) }
})

const { accepting, optional, or, text } = readers

const isRecord = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

const readOptions = readers.fields({
  url: accepting<string>(
    'the URL of a collector, such as "http://localhost:4318"',
    (value) => typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? "")
  ),
  headers: optional(
    accepting<Readonly<Record<string, string>>>(
      "an object of strings",
      (value) => isRecord(value) && Object.values(value as object).every((header) => typeof header === "string")
    )
  ),
  resource: optional(
    readers.fields({
      serviceName: optional(text),
      serviceVersion: optional(text),
      attributes: or(accepting<Record<string, unknown>>("an object", isRecord), {})
    } satisfies readers.Readers<NonNullable<Options["resource"]>>)
  ),
  interval: optional(readers.duration({ positive: true, suchAs: "5 seconds" }))
} satisfies readers.Readers<Options>)

/** Exports as `options` say; without options nothing. */
export const layer = (options: Options | undefined): Layer.Layer<never, InvalidOption | Config.ConfigError> => {
  if (options === undefined) return Layer.empty
  return Layer.unwrap(
    Effect.gen(function* () {
      const {
        headers,
        interval,
        resource: given,
        url
      } = yield* Effect.fromResult(readOptions(options, "Giveway", "otlp"))
      const resource = yield* named(given)
      const { Otlp, needs } = yield* load
      const exporters = Otlp.layer({
        baseUrl: url,
        headers,
        resource,
        loggerExportInterval: interval,
        metricsExportInterval: interval,
        tracerExportInterval: interval
      })
      return asExport(Layer.provide(exporters, needs))
    })
  )
}

const signals = ["TRACES", "METRICS", "LOGS"]

/** Exports as OpenTelemetry's variables say (`OTEL_TRACES_EXPORTER=otlp` …); nothing if no signal is to be exported. */
const fromVariables: Layer.Layer<never, Config.ConfigError> = Layer.unwrap(
  Effect.gen(function* () {
    const exporters = yield* Config.all(
      signals.map((signal) => Config.withDefault(Config.String(`OTEL_${signal}_EXPORTER`), ""))
    )
    if (exporters.every((exporter) => !exporter.toLowerCase().includes("otlp"))) return Layer.empty
    const resource = yield* named(undefined)
    const { Otlp, needs } = yield* load
    return asExport(Layer.provide(Otlp.layerFromConfig({ resource }), needs))
  })
)

/** Exports as `config` says, and without it as OpenTelemetry's variables do. */
export const layerConfig = (
  config: Config.Wrap<Options | undefined> | undefined
): Layer.Layer<never, InvalidOption | Config.ConfigError> =>
  config === undefined ? fromVariables : Layer.unwrap(Effect.map(configuration.combined<Options>(config, {}), layer))
