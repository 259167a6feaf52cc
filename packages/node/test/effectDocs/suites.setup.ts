/**
 * Before each of the tests in Effect's documentation: makes ours the scheduler of every fiber that has got no other, by Effect's own
 * default. `@effect/vitest` has no place to provide one.
 */
import { ManagedRuntime, Scheduler } from "effect"
import { layer, name } from "./runtimes.ts"

if (name !== "effect") {
  const context = await ManagedRuntime.make(layer).context()
  Object.assign(Scheduler.Scheduler, { "~effect/Context/defaultValue": context.mapUnsafe.get(Scheduler.Scheduler.key) })
}
