/**
 * Effect's OTLP exporters, with Node's `fetch` to send and a name for the service.
 *
 * They bring Effect's HTTP client, so they are loaded when they are asked for. What they send is JSON, which any collector
 * takes on the port that it takes protobuf on.
 */
import { basename } from "node:path"
import { InvalidOption } from "@giveway/core/InvalidOption"
import * as Config from "effect/Config"
import type { Input } from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** Where the program's spans, metrics and logs go. */
export interface Options {
  /** the collector, such as `http://localhost:4318`; `/v1/traces`, `/v1/metrics` and `/v1/logs` are below it */
  readonly url: string
  /** sent along, such as who may send */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** whom it is about. The name of the service is `OTEL_SERVICE_NAME`, or else that of the program's file. */
  readonly resource?:
    | {
        readonly serviceName?: string | undefined
        readonly serviceVersion?: string | undefined
        readonly attributes?: Record<string, unknown>
      }
    | undefined
  /** how often what there is is sent. Default: spans each 5 seconds, logs each second, metrics each 10 seconds, as Effect has it. */
  readonly interval?: Input | undefined
}

const load = Effect.promise(async () => {
  const [http, otlp, serialization] = await Promise.all([
    import("effect/http/FetchHttpClient"),
    import("effect/observability/Otlp"),
    import("effect/observability/OtlpSerialization")
  ])
  return { Otlp: otlp, needs: Layer.merge(http.layer, serialization.layerJson) }
})

/** `resource` with a name, which Effect's exporters cannot do without. What the environment says goes first. */
const named = Effect.fnUntraced(function* (resource: Options["resource"]) {
  const told = yield* Config.all([
    Config.withDefault(Config.String("OTEL_SERVICE_NAME"), ""),
    Config.withDefault(Config.String("OTEL_RESOURCE_ATTRIBUTES"), "")
  ])
  const isNamed =
    resource?.serviceName !== undefined ||
    resource?.attributes?.["service.name"] !== undefined ||
    told[0] !== "" ||
    /(^|,)\s*service\.name\s*=/.test(told[1])
  return isNamed ? resource : { ...resource, serviceName: basename(process.argv[1] ?? process.execPath) }
})

/** Exports as `options` say; nothing without any. */
export const layer = (options: Options | undefined): Layer.Layer<never, InvalidOption | Config.ConfigError> => {
  if (options === undefined) return Layer.empty
  return Layer.unwrap(
    Effect.gen(function* () {
      const { headers, interval, url } = options
      if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
        const expected = 'the URL of a collector, such as "http://localhost:4318"'
        return yield* new InvalidOption({ of: "Giveway", option: "otlp.url", value: url, expected })
      }
      const resource = yield* named(options.resource)
      const { Otlp, needs } = yield* load
      const exporters = Otlp.layer({
        baseUrl: url,
        headers,
        resource,
        loggerExportInterval: interval,
        metricsExportInterval: interval,
        tracerExportInterval: interval
      })
      return Layer.provide(exporters, needs)
    })
  )
}

const signals = ["TRACES", "METRICS", "LOGS"]

/** Exports as OpenTelemetry's variables say (`OTEL_TRACES_EXPORTER=otlp` …); nothing if no signal is to be exported. */
export const layerConfig: Layer.Layer<never, Config.ConfigError> = Layer.unwrap(
  Effect.gen(function* () {
    const exporters = yield* Config.all(
      signals.map((signal) => Config.withDefault(Config.String(`OTEL_${signal}_EXPORTER`), ""))
    )
    if (exporters.every((exporter) => !exporter.toLowerCase().includes("otlp"))) return Layer.empty
    const resource = yield* named(undefined)
    const { Otlp, needs } = yield* load
    return Layer.provide(Otlp.layerFromConfig({ resource }), needs)
  })
)
