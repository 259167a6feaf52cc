/**
 * The third fault: a synchronous system call. It computes nothing, and holds the loop until another process has ended.
 */
import { execFileSync } from "node:child_process"
import { Effect } from "effect"

/** Asks another process, as one asks git; this one takes its time. */
const ask = (): string => {
  const answer = "setTimeout(() => console.log(process.version), 150)"
  return execFileSync(process.execPath, ["-e", answer], { encoding: "utf8" })
}

export const revision = Effect.sync(() => ask().trim()).pipe(Effect.withSpan("GET /revision"))
