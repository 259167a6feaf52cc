/**
 * A schedule in words: which fiber does which operation, on which line, and what it sees; then where the fibers wait that are left. The
 * schedule is run once more under the debugger for that; a search records nothing.
 */
import type { Recorded, Session, Work } from "../session.ts"
import { replaying } from "../choose/deviations.ts"
import type { Primitive } from "../machine/machine.ts"
import { shown } from "../../options/shownValue.ts"
import type { Strand } from "../machine/strand.ts"
import type { Strategy } from "../machine/strategy.ts"
import * as inspectors from "./inspector.ts"
import { lineOf, lineOfPrimitive, listen, operationOf } from "./places.ts"
import * as waits from "./waits.ts"

/** Lines that are kept at the beginning and at the end of a long trace. A guess: a reader looks at the end first. */
const atBeginning = 20
const atEnd = 80

/** Characters of a value that a fiber saw. */
const longestValue = 60

interface Trace {
  readonly lines: ReadonlyArray<string>
  /** who waits in a circle */
  readonly cycles: ReadonlyArray<string>
}

/** Runs of the program's own code that are worth a line: an operation that only goes on with the next is none. */
const silent = new Set(["OnSuccess", "OnFailure", "OnSuccessAndFailure", "Exit", "Success", "Iterator", "OnExit"])

export const titleOf = (strand: number): string => (strand === 0 ? "the program" : `fiber ${strand}`)

/** `session` must be one that is observed. */
export function* traceOf(session: Session, small: Recorded): Work<Trace> {
  const { machine } = session
  const inspector = inspectors.open()
  const unwatch = waits.watch()
  const lines: Array<{ text: string; saw?: string }> = []
  const lastLine = new Map<Strand, (typeof lines)[number]>()
  machine.onOperation = (strand: Strand, primitive: Primitive) => {
    const { fiber } = strand
    if (fiber === undefined) return
    listen(fiber, (value) => {
      const line = lastLine.get(strand)
      if (line !== undefined && value !== undefined) line.saw = valueText(value, machine.strands)
    })
    const kind = primitive["~effect/Effect/identifier"]
    // a yield that the schedule asked for has a line of its own
    if (silent.has(kind) || (kind === "Yield" && strand.gaveWay)) return
    const place = lineOf(inspector, fiber) ?? lineOfPrimitive(inspector, primitive) ?? ""
    const begins = !lastLine.has(strand) && place === ""
    const operation = begins ? "begins" : operationOf(inspector, primitive)
    const line = { text: `${titleOf(strand.id).padEnd(12)} ${place.padEnd(20)} ${operation}` }
    lines.push(line)
    lastLine.set(strand, line)
  }
  const told = telling(replaying(small.deviations, small), (text) => lines.push({ text }))
  try {
    const ended = yield* session.run(told)
    const found = waits.among(ended.left, titleOf)
    const ends = ended.left.map((strand) => {
      const line = lineOf(inspector, strand.fiber!)
      const at = line === undefined ? "" : ` at ${line}`
      return `${titleOf(strand.id).padEnd(12)} waits${at} for ${found.of.get(strand.id) ?? "something unknown"}`
    })
    const texts = lines.map(({ saw, text }) => (saw === undefined ? text : `${text}, saw ${saw}`))
    return { lines: [...cut(folded(texts)), ...ends], cycles: found.cycles }
  } finally {
    machine.onOperation = undefined
    unwatch()
    inspector.close()
  }
}

const cut = (lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length <= atBeginning + atEnd
    ? lines
    : [
        ...lines.slice(0, atBeginning),
        `… ${lines.length - atBeginning - atEnd} lines …`,
        ...lines.slice(lines.length - atEnd)
      ]

/** The same strategy, with a line where it deviates. */
const telling = (base: Strategy, tell: (text: string) => void): Strategy => ({
  ...base,
  pick: (choices, current) => {
    const picked = base.pick(choices, current)
    const { interrupt } = choices
    if (interrupt !== undefined) tell(`— ${titleOf(interrupt)} is interrupted here`)
    else if (current !== undefined && picked !== current) {
      // a fiber that gave way by itself is on the list as a task of its own
      const owner = choices.ready.find(({ strand }) => strand === picked)?.owner
      const next = picked.fiber === undefined && owner?.fiber !== undefined && owner !== current ? owner : picked
      tell(`— ${titleOf(current.id)} is preempted, ${titleOf(next.id)} goes on`)
    }
    return picked
  }
})

/** The ids of fibers differ from run to run, so whoever interrupted is told by the name it has in the trace. */
const withNames = (text: string, strands: ReadonlyArray<Strand>): string =>
  text.replaceAll(/\bInterrupt\((\d+)\)/g, (whole, id: string) => {
    if (id === "0") return "Interrupt(the schedule)"
    const by = strands.find(({ fiber }) => fiber?.id === Number(id))
    return by === undefined ? whole : `Interrupt(${titleOf(by.id)})`
  })

const valueText = (value: unknown, strands: ReadonlyArray<Strand>): string => {
  const text = withNames(typeof value === "object" && value !== null ? objectText(value) : shown(value), strands)
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
}

/** Plain objects, arrays, options, results and exits with their contents. Of others, that have innards, the name of their kind. */
const objectText = (value: object): string => {
  if (Array.isArray(value) || "_tag" in value) return shown(value).replaceAll(/\s+/g, " ")
  for (const key in value) {
    const kind = /^~effect\/(?:\w+\/)*([A-Z]\w*)/.exec(key)?.[1]
    if (kind !== undefined) return `a ${kind}`
  }
  const { name } = (value.constructor ?? Object) as { readonly name?: unknown }
  return name === "Object" ? shown(value).replaceAll(/\s+/g, " ") : `a ${String(name).replace(/Impl$/, "")}`
}

/** Lines that repeat become one. */
const folded = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const folded: Array<{ readonly text: string; times: number }> = []
  for (const text of lines) {
    const last = folded.at(-1)
    if (last?.text === text) last.times++
    else folded.push({ text, times: 1 })
  }
  return folded.map(({ text, times }) => (times === 1 ? text : `${text}, ${times} times`))
}
