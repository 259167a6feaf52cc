/** A marked function that the compiler refuses, and that takes longer than a slice. */
import { Pure } from "@giveway/core"
import { Effect } from "effect"

let calls = 0

const counted = Pure.fn("counted", (ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end;) calls++
  return calls
})

await Effect.runPromise(Effect.andThen(counted(20), Effect.andThen(counted(20), counted(0))))
