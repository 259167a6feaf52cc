/**
 * The log of the soak: lines that it provokes on purpose are counted by kind, and not printed. Thousands of kills would be
 * thousands of warnings. A line that no kind knows is printed, so nothing that is new goes unseen.
 */
import { Logger } from "effect"

/** The lines about the deaths of helper threads. */
export const threadEnded = "a thread of Giveway's own ended"

const kinds: ReadonlyArray<readonly [string, RegExp]> = [
  ["a line of a flood", /^flood /],
  ["a worker was killed for its job", /^Compute worker \d+ was killed, because its job/],
  ["a worker ended", /^Compute worker \d+ (ended|exited|ran out|died)/],
  ["a worker waits for a core", /^Compute worker \d+ waits for a core/],
  ["a killed worker still runs", /zombie|has not ended/],
  [threadEnded, /^Giveway: the (sysmon|diagnostics) thread ended/],
  ["lines were dropped", /\b(lines?|logs?|records?|spans?)\b.*\b(dropped|left out|missing)/]
]

/** Lines printed at most. */
const shown = 20

const counts = new Map<string, number>()

/** How many lines of each kind there were. */
export const counted: ReadonlyMap<string, number> = counts

const add = (kind: string): number => {
  const count = (counts.get(kind) ?? 0) + 1
  counts.set(kind, count)
  return count
}

export const layer = Logger.layer([
  Logger.make<unknown, void>(({ logLevel, message }) => {
    const line = Array.isArray(message) ? message.map(String).join(" ") : String(message)
    const known = kinds.find(([, pattern]) => pattern.test(line))
    if (known !== undefined) return void add(known[0])
    if (logLevel === "Info" || logLevel === "Debug") return
    if (add("other") <= shown) console.log(`LOGGED ${JSON.stringify(line.slice(0, 300))}`)
  })
])
