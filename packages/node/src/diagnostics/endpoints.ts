/**
 * The endpoints and their responses. Everything is read only.
 *
 * Decisions 0134 (the page) and 0135 (its pictures).
 */
import type { ServerResponse } from "node:http"
import * as Sysmon from "@giveway/core/Sysmon"
import type { Answered, Asking } from "./ask.ts"
import * as events from "./http/events.ts"
import type { Endpoint } from "./http/server.ts"
import { file, send, sendBusy } from "./http/server.ts"
import * as unread from "./http/unread.ts"
import type { LoopWatch } from "./loop.ts"
import * as metricsText from "./metricsText.ts"
import type { Overview, Process, StallTotals } from "./protocol.ts"
import * as shownUsage from "./shownUsage.ts"
import type { WorkersWatch } from "./workers.ts"

/** A dump of 100,000 fibers takes the watched thread a second. */
const dumpPatienceMs = 10_000

const newline = Buffer.from("\n")

const prometheus = "text/plain; version=0.0.4; charset=utf-8"

/** The code of the page. */
const scripts = [
  "theme.js",
  "page.js",
  "verdict.js",
  "timeline.js",
  "stalls.js",
  "flame.js",
  "tree.js",
  "lanes.js",
  "reader.js",
  "fiberReader.js",
  "fiberTree.js",
  "flameBars.js",
  "dom.js",
  "words.js"
]

/** A scraper should get the last known facts rather than wait. */
const scrapePatienceMs = 500

/** The facts in an overview that only the program has. */
const programFacts = ["statistics", "pool", "recent"] as const

type ProgramFacts = Partial<Pick<Overview, (typeof programFacts)[number]>>

interface Endpoints {
  readonly all: ReadonlyArray<Endpoint>
  /** takes the counts of the stalls that are over, and sends the overview at once */
  readonly stalled: (all: StallTotals) => void
  /** sends the overview at once, since a stall was reported */
  readonly hurry: () => void
}

export const make = (options: {
  readonly process: Process
  readonly thresholdMs: number
  readonly watch: LoopWatch
  readonly workers: WorkersWatch
  readonly asking: Asking
}): Endpoints => {
  const { asking, thresholdMs, watch, workers } = options
  let totals: StallTotals = new Map()

  const overviewOf = ({ source, text }: Answered): Overview => {
    const facts = text === undefined ? {} : (JSON.parse(String(text)) as ProgramFacts)
    const loop = watch.look()
    return {
      at: loop.at,
      process: options.process,
      thresholdMs,
      loop,
      lagMs: watch.lagMs(),
      source,
      statistics: facts.statistics,
      ...shownUsage.shown(watch.usage()),
      delayBoundsMs: Sysmon.delayBoundsMs,
      pool: facts.pool,
      working: workers.look(),
      open: watch.open(),
      recent: facts.recent ?? []
    }
  }

  const overview = async (patienceMs = scrapePatienceMs): Promise<Overview> =>
    overviewOf(await asking.ask(programFacts, patienceMs))

  const overviewText = async (): Promise<string> => JSON.stringify(await overview())

  const stream = events.make(overviewText)

  const { keep } = unread.make()

  /** Sends an answer that many clients may be reading, with what goes before and after it. */
  const sendKept = (response: ServerResponse, type: string, kept: Buffer, parts: ReadonlyArray<Uint8Array>): void => {
    if (keep(response, kept)) send(response, type, parts)
    else sendBusy(response, "other clients have not read their answers yet: ask again later")
  }

  /** Responds with the same text to all who ask while it is made. */
  const respond = (type: string, text: () => Promise<string>): Endpoint["respond"] => {
    const made = unread.shared(async () => Buffer.from(await text()))
    return async ({ response }) => {
      const body = await made()
      sendKept(response, type, body, [body])
    }
  }

  /** Passes on the program's own fact `name`, which takes as long as a dump. */
  const passOn =
    (name: "fibers" | "lints"): Endpoint["respond"] =>
    async ({ response }) => {
      const { source, text } = await asking.ask([name], dumpPatienceMs)
      const head = JSON.stringify({ process: options.process, loop: watch.look(), source, working: workers.look() })
      const begun = head.slice(0, -1)
      if (text === undefined || text.length <= 2) {
        send(response, "application/json", [Buffer.from(`${begun},"${name}":null}\n`)])
        return
      }
      // a dump may be large, so its text is passed on without being parsed, from behind its brace
      sendKept(response, "application/json", text, [Buffer.from(`${begun},`), text.subarray(1), newline])
    }

  const metrics = async (): Promise<string> => {
    const [seen, { text }] = await Promise.all([overview(), asking.ask(["metrics"], scrapePatienceMs)])
    const own = text === undefined ? undefined : (JSON.parse(String(text)) as { readonly metrics?: string })
    return metricsText.render(seen, totals, watch.lags(), own?.metrics)
  }

  return {
    stalled: (all) => {
      totals = all
      stream.hurry()
    },
    hurry: stream.hurry,
    all: [
      file("/", "index.html", "text/html", "the page"),
      file("/page.css", "page.css", "text/css", "the page's styles"),
      ...scripts.map((name) => file(`/${name}`, name, "text/javascript", "the page's code")),
      { path: "/metrics", about: "Prometheus metrics, with the program's own", respond: respond(prometheus, metrics) },
      { path: "/fibers", about: "the live fibers, JSON", respond: passOn("fibers") },
      { path: "/lints", about: "what the lints find in the fibers, JSON", respond: passOn("lints") },
      {
        path: "/overview",
        about: "the loop, self time by name, the pool and the stalls, JSON",
        respond: respond("application/json", async () => `${await overviewText()}\n`)
      },
      {
        path: "/events",
        about: "the overview as server-sent events, twice a second",
        isEndless: true,
        respond: (asked) => void stream.subscribe(asked)
      }
    ]
  }
}
