/**
 * `giveway dump`: the fibers of a running process, also while its loop is stuck, and the stack of a Node process that was not
 * prepared for it.
 */
import * as Sysmon from "@giveway/core/Sysmon"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as otherProcess from "../inspector/otherProcess.ts"
import type { Dump } from "./text/dumpText.ts"
import { render } from "./text/dumpText.ts"
import { failing } from "./shell/failing.ts"
import * as printed from "./text/printed.ts"
import * as served from "./served.ts"

export const pid = Flag.String("pid").pipe(
  Flag.filterMap(
    // a number below 1 stands for a group of processes
    (text) => Option.filter(Option.some(Number(text)), (pid) => Number.isSafeInteger(pid) && pid > 0),
    (text) => `--pid is "${text}", but must be the number of a process, at least 1, such as 4711`
  ),
  Flag.optional,
  Flag.withMetavar("number"),
  Flag.withDescription("The number of the process (default: the only one that is served)")
)

const flags = {
  pid,
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Print one JSON object, for scripts (default: text)")
  )
}

/**
 * The facts about an unprepared process; with Giveway in it, its fibers too. The answer is spliced in as text, since it may be large. The
 * stack as in core's `stackTrace/stackHere`.
 */
const expression = `((facts, answer) => answer === undefined || answer === "{}" ? facts : facts.slice(0, -1) + "," + answer.slice(1))(JSON.stringify({
  process: {
    pid: process.pid,
    program: String(process.argv[1] ?? process.execPath).split(/[\\\\/]/).at(-1),
    node: process.version,
    startedAt: performance.timeOrigin
  },
  stack: (() => {
    const { prepareStackTrace, stackTraceLimit } = Error
    Reflect.set(Error, "stackTraceLimit", 64)
    Reflect.set(Error, "prepareStackTrace", undefined)
    try { return String(new Error("now").stack).slice(0, 100_000) } finally {
      Reflect.set(Error, "prepareStackTrace", prepareStackTrace)
      Reflect.set(Error, "stackTraceLimit", stackTraceLimit)
    }
  })()
}), ${Sysmon.questionOf(["fibers"])})`

const dumpOf = Effect.fnUntraced(function* (pid: number | undefined) {
  const socket = pid === undefined ? yield* served.find(undefined) : yield* served.socketOf(pid)
  if (socket !== undefined) return { pid: socket.pid, text: yield* served.get(socket, "/fibers") }
  return { pid: pid!, text: yield* otherProcess.evaluate(pid!, expression) }
})

export const dump = Command.make("dump", flags, ({ json, pid }) =>
  failing(
    Effect.flatMap(dumpOf(Option.getOrUndefined(pid)), ({ pid, text }) =>
      json
        ? printed.json(text.trim())
        : Effect.flatMap(
            served.read({ pid }, text, (dump) => render(dump as Dump, process.stdout)),
            printed.out
          )
    )
  )
).pipe(
  Command.withDescription(
    "Prints the live fibers of a process as a tree: the state of each, what it awaits, and which one holds the loop, if it is held. With --pid, a process that is not served is asked through Node's inspector, which SIGUSR1 opens on loopback until its loop turns again. Of a process without Giveway only the stack is printed. A dump has at most the 100,000 oldest fibers, and says how many it lacks. Control characters in names are shown by their numbers (\\x1b)."
  ),
  Command.withShortDescription("Prints the live fibers of a process, also of one that is stuck"),
  Command.withExamples([
    { command: "giveway dump", description: "The only process that is served" },
    { command: "giveway dump --pid 4711", description: "Any Node process, stuck or not" },
    { command: "giveway dump --json | jq '.fibers.fibers[].name'", description: "For scripts" }
  ])
)
