/**
 * Runs the load generator and reads what it says.
 */
import { Effect, Schema, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { fileURLToPath } from "node:url"
import { LoadLine, LoadPlan } from "./LoadReport.ts"
import type { LoadResult } from "./LoadReport.ts"

/** The load generator could not do its work. */
export class LoadFailed extends Schema.TaggedError<LoadFailed>()("LoadFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const program = fileURLToPath(new URL("./loadProcess.ts", import.meta.url))

/** Loads the service as planned, tells how it goes, and answers with the figures. Interrupting it ends the load. */
export const runLoad = Effect.fn("runLoad")(
  function* (plan: LoadPlan, onProgress: (line: LoadLine & { readonly _tag: "Progress" }) => Effect.Effect<void>) {
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const handle = yield* spawner.spawn(
      ChildProcess.make(process.execPath, [program, JSON.stringify(LoadPlan.make(plan))], { stderr: "inherit" })
    )
    const results = yield* handle.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.mapEffect((line) => Schema.decodeEffect(LoadLine)(line)),
      Stream.tap((line) => (line._tag === "Progress" ? onProgress(line) : Effect.void)),
      Stream.filter((line): line is LoadResult => line._tag === "Result"),
      Stream.runCollect
    )
    const result = results[0]
    if (result === undefined) {
      return yield* new LoadFailed({
        message: `The load generator ended without a result, exit code ${yield* handle.exitCode}. Its error is above.`
      })
    }
    return result
  },
  Effect.scoped,
  Effect.catchTags({
    PlatformError: (cause) =>
      Effect.fail(new LoadFailed({ cause, message: `The load generator could not be run: ${cause.message}` })),
    SchemaError: (cause) =>
      Effect.fail(new LoadFailed({ cause, message: `The load generator printed something else: ${cause.message}` }))
  })
)
