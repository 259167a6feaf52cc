/**
 * `npm run scenario -- NAME` runs one scenario, `npm run scenarios` all of them, and writes the page of results.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import * as Progress from "../load/progress.ts"
import { table, verdict } from "./report.ts"
import type { Row } from "./report.ts"
import * as resultsPage from "./resultsPage.ts"
import type { Form } from "../scenario/Scenario.ts"
import { scenarios } from "./scenarios.ts"

const flags = {
  names: Argument.Literals(
    "name",
    scenarios.map(({ name }) => name)
  ).pipe(Argument.variadic(), Argument.withDescription("The scenarios to run; none: all of them")),
  short: Flag.Boolean("short").pipe(
    Flag.withDefault(false),
    Flag.withDescription("A glance of some seconds each, with generous bounds, as the tests run it")
  ),
  json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("Print one object as the last line")),
  write: Flag.Boolean("write").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Write docs/results/, the page with the claims and the plots")
  )
}

const command = Command.make(
  "npm run scenario --",
  flags,
  Effect.fnUntraced(function* ({ json, names, short, write }) {
    const progress = Progress.make(process.stderr)
    const form: Form = short ? "short" : "full"
    const rows: Array<Row> = []
    const wanted = names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name))
    for (const { claim, name, run } of wanted) {
      const seen = yield* run(form, (text) => progress.show(`${name}: ${text}`)).pipe(Effect.ensuring(progress.done))
      rows.push({ name, claim, ...seen })
      yield* Console.error(`${verdict(rows.at(-1)!)}\n${table(rows.at(-1)!)}\n`)
    }
    if (write) yield* resultsPage.write(rows)
    if (json) yield* Console.log(JSON.stringify({ scenarios: rows.map(({ plot: _, ...row }) => row) }))
    if (rows.some(({ holds }) => !holds)) yield* Effect.sync(() => void (process.exitCode = 1))
  })
).pipe(
  Command.withDescription("Claims about architectures, reproduced: async only beside Giveway, under the same load")
)

Command.run(command, { version: "0.1.0" }).pipe(
  Effect.catchTag("ScenarioFailed", ({ message }) =>
    Effect.andThen(
      Console.error(message),
      Effect.sync(() => void (process.exitCode = 1))
    )
  ),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
