/** A marked function that the compiler refuses, and that takes longer than a slice. */
import { Pure } from "@giveway/core"
import { Effect } from "effect"

const counted = Pure.fn("counted", (ms: number) => {
  // oxlint-disable-next-line no-eval
  for (const end = performance.now() + ms; performance.now() < end;) eval("ms")
})

await Effect.runPromise(Effect.andThen(counted(20), Effect.andThen(counted(20), counted(0))))
