/**
 * `giveway top`: shows live where a process spends its event loop, also while the loop is stuck.
 *
 * This file moves data: overviews from the process and keys from the terminal go into the machine `top/state.ts`, and the lines
 * that `top/view.ts` makes of its state go onto the screen.
 */
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import type { Overview } from "../diagnostics/protocol.ts"
import type { Found } from "../diagnostics/localSocket.ts"
import { pid } from "./dump.ts"
import type { Dump } from "./text/dumpText.ts"
import { render } from "./text/dumpText.ts"
import { failing } from "./shell/failing.ts"
import * as exitCodes from "./shell/exitCodes.ts"
import * as printed from "./text/printed.ts"
import * as served from "./served.ts"
import * as overviews from "./top/overviews.ts"
import * as screen from "./top/screen.ts"
import * as topState from "./top/state.ts"
import * as topView from "./top/view.ts"

const flags = {
  pid,
  once: Flag.Boolean("once").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print one screen as plain text and end (default: off on a terminal, on elsewhere)")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription(
      "Print JSON, one object a line (NDJSON), twice a second until the process ends; with --once, one object"
    )
  )
}

/** How long "now" is for `--once`, ms. */
const momentMs = 400

const onceColumns = 100

/** How often the lints are fetched. Each time costs the process a dump of its fibers. */
const lintEvery = "5 seconds"
/** With more fibers than this, the lints are fetched at a key press only. */
const mostFibers = 5000

const findingsOf = (found: Found) =>
  Effect.flatMap(served.get(found, "/lints"), (body) =>
    served.read(
      found,
      body,
      (json) => (json as { readonly lints?: ReadonlyArray<topState.Finding> | null }).lints ?? []
    )
  )

const printOnce = Effect.fnUntraced(function* (found: Found) {
  const before = yield* served.overview(found)
  yield* Effect.sleep(momentMs)
  const seen = topState.seen(topState.seen(topState.initial, before), yield* served.overview(found))
  const state = topState.linted(seen, yield* findingsOf(found))
  yield* printed.out(
    topView
      .once(state, process.stdout.columns ?? onceColumns)
      .map(screen.plain)
      .join("\n")
  )
})

const interactive = Effect.fnUntraced(function* (found: Found) {
  // standard input must not keep the command alive once the screen has ended
  yield* Effect.addFinalizer(() => Effect.sync(() => process.stdin.unref()))
  // the machine handles Ctrl-C, so the terminal must not end the command at any key
  const terminal = yield* NodeTerminal.make(() => false)
  yield* screen.open(terminal)
  const quit = yield* Deferred.make<void>()
  let state = topState.initial

  const draw = Effect.gen(function* () {
    const width = yield* terminal.columns
    const rows = yield* terminal.rows
    const lines = topView.screen(state, width, rows)
    yield* terminal.display(`\x1b[H${lines.map((line) => `${screen.paint(line, width)}\x1b[K`).join("\r\n")}\x1b[J`)
  })

  const show = (title: string, lines: ReadonlyArray<string>): void => {
    state = { ...state, panel: { _tag: "Text", title, lines, top: 0 } }
  }

  const grant = (wish: topState.Wish): Effect.Effect<unknown> => {
    switch (wish) {
      case "quit":
        return Deferred.succeed(quit, undefined)
      case "interrupt":
        process.exitCode = exitCodes.ofSignal("SIGINT")
        return Deferred.succeed(quit, undefined)
      case "dump":
        return served.get(found, "/fibers").pipe(
          Effect.flatMap((body) => served.read(found, body, (dump) => render(dump as Dump).split("\n"))),
          Effect.map((lines) => show("fibers", lines)),
          Effect.catch((error) => Effect.sync(() => show("fibers", [error.message])))
        )
      case "lints":
        return findingsOf(found).pipe(
          Effect.map((findings) => {
            state = topState.linted(state, findings)
            show("lints", topView.lintTexts(state))
          }),
          Effect.catch((error) => Effect.sync(() => show("lints", [error.message])))
        )
      case "open": {
        const stall = topState.stallsOf(state)[state.selected]
        return Effect.sync(() => stall !== undefined && show("stall", topView.details(stall)))
      }
      case undefined:
        return Effect.void
    }
  }

  const keys = yield* terminal.readInput
  const pressKeys = Queue.take(keys).pipe(
    Effect.flatMap(({ input, key }) =>
      Effect.gen(function* () {
        const page = (yield* terminal.rows) - 3
        const next = topState.pressed(
          state,
          { name: key.name, ctrl: key.ctrl, input: Option.getOrUndefined(input) },
          page
        )
        state = next.state
        yield* grant(next.wish)
        yield* draw
      })
    ),
    Effect.forever,
    // standard input is at its end
    Effect.catch(() => Deferred.succeed(quit, undefined))
  )
  const sizes = yield* terminal.size
  const resize = Effect.forever(Effect.andThen(Queue.take(sizes), draw)).pipe(Effect.ignore)
  const fresh = yield* Queue.sliding<Overview>(1)
  const watch = overviews.follow(found, {
    onOverview: (overview) => Queue.offerUnsafe(fresh, overview),
    onSilence: (why) =>
      Effect.suspend(() => {
        state = topState.silent(state, why)
        return draw
      })
  })
  const refresh = Queue.take(fresh).pipe(
    Effect.flatMap((overview) => {
      state = topState.seen(state, overview)
      return draw
    }),
    Effect.forever
  )
  const lint = Effect.suspend(() =>
    (state.overview?.statistics?.liveFibers ?? 0) > mostFibers
      ? Effect.void
      : Effect.andThen(findingsOf(found), (findings) => {
          state = topState.linted(state, findings)
          return draw
        })
  ).pipe(Effect.ignore, Effect.andThen(Effect.sleep(lintEvery)), Effect.forever)
  for (const part of [pressKeys, resize, watch, refresh, lint]) yield* Effect.forkScoped(part)
  yield* Deferred.await(quit)
}, Effect.scoped)

const printJson = (found: Found) =>
  overviews.follow(found, {
    onOverview: (overview) => Effect.runSync(printed.json(JSON.stringify(overview))),
    onSilence: (why) => printed.err(`giveway: ${why}`)
  })

const show = Effect.fnUntraced(function* (pid: number | undefined, { json, once }: How) {
  const found = yield* served.find(pid)
  if (json && once) yield* Effect.flatMap(served.overview(found), (overview) => printed.json(JSON.stringify(overview)))
  else if (json) yield* printJson(found)
  else if (once || !screen.isPossible()) yield* printOnce(found)
  else yield* interactive(found)
})

interface How {
  readonly json: boolean
  readonly once: boolean
}

export const top = Command.make("top", flags, ({ pid, ...how }) => failing(show(Option.getOrUndefined(pid), how))).pipe(
  Command.withDescription(
    "Shows where the event loop of a served process spends its time: names by self time, run delays, the pool's workers, and stalls while they last. It goes on while the loop is stuck, and names the fiber that holds it."
  ),
  Command.withShortDescription("Shows live where a process spends its event loop"),
  Command.withExamples([
    { command: "giveway top", description: "The only process that is served" },
    { command: "giveway top --pid 4711 --once", description: "One screen as text" },
    { command: "giveway top --json | jq '.loop.state'", description: "For scripts, until the process ends" }
  ])
)
