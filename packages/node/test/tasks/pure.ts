/** Pure functions that workers find without a compiler. */
import { threadId } from "node:worker_threads"
import { Pure } from "@giveway/core"

const options = { moduleUrl: import.meta.url }

export const where = Pure.fn(
  "where",
  (ms: number) => {
    const end = performance.now() + ms
    while (performance.now() < end);
    return threadId
  },
  options
)

export const exits = Pure.fn("exits", (code: number): number => process.exit(code), options)

/** Two functions under one name, as only a closure can have them. */
export const make = (k: number) => Pure.fn("made", (n: number) => n * k, options)

export const homeless = Pure.fn("homeless", (_: number) => threadId)
