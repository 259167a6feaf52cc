/**
 * A dump as text: the process, the holder of its loop, the workers, and the tree of fibers.
 */
import * as FiberDump from "@giveway/core/FiberDump"
import { safeLine } from "@giveway/core/Sysmon"
import type { Loop, Process, Source, WorkerWork } from "../../diagnostics/protocol.ts"
import { paint as painted } from "./colours.ts"
import { ago } from "./units.ts"

/** The response of a served process at `/fibers`, or the value from an unprepared one through the inspector. */
export interface Dump {
  readonly process: Process
  readonly loop?: Loop
  readonly source?: Source
  /** the workers that run a job */
  readonly working?: ReadonlyArray<WorkerWork>
  /** of an unprepared process */
  readonly stack?: string
  readonly fibers?: {
    readonly takenAt: number
    readonly fibers: ReadonlyArray<Omit<FiberDump.FiberInfo, "parentId" | "name"> & Partial<FiberDump.FiberInfo>>
    readonly left?: FiberDump.LeftOut
  } | null
  /** why it could not give its fibers */
  readonly fibersFailed?: string
}

/** Frames that are shown. A guess: enough to reach out of a library into its caller. */
const framesShown = 12

/** Frames that are not the user's own code. */
const notUsers = /node:|\/node_modules\/@?effect\/|\/(@giveway|packages)\/(core|node)\/(src|dist)\//

/** The frames below that of the evaluated expression, without those of Node, Effect and Giveway. */
export const userFrames = (stack: string): ReadonlyArray<string> => {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line))
  const evaluated = frames.findLastIndex((line) => /^\s+at (JSON\.stringify \()?<anonymous>(:\d+:\d+)?\)?$/.test(line))
  return frames
    .slice(evaluated + 1)
    .filter((line) => !notUsers.test(line))
    .map((line) => line.trim())
}

/** "`checkout` (fiber #32) at served.ts:17 in holdForEver" */
export const holderText = (loop: Extract<Loop, { readonly state: "held" }>): string => {
  const { cause, fiberId, late, name, place } = loop.by
  const fiber = fiberId === undefined ? "" : name === undefined ? `fiber #${fiberId}` : ` (fiber #${fiberId})`
  const who = name === undefined ? fiber || `no fiber (${cause})` : `\`${name}\`${fiber}`
  const where = place === undefined ? "" : ` at ${place.file}:${place.line}`
  const inside = place?.function === undefined ? "" : ` in ${place.function}`
  return `${who}${late ? ", in native code," : ""}${where}${inside}`
}

const headOf = ({ process: { node, pid, program, startedAt }, loop }: Dump): string => {
  const up = ago((loop?.at ?? Date.now()) - startedAt)
  return `${program}, process ${pid}, node ${node}, up ${up}`
}

/** A dump that is older says so. */
const oldMs = 1000

const loopLines = ({ loop, source }: Dump): ReadonlyArray<string> => {
  if (loop === undefined) return []
  const since = source === undefined ? "" : `its fibers are from ${ago(source.ageMs)} ago`
  const stale =
    source?.from === "memory"
      ? [`it does not answer now: ${since}`]
      : source !== undefined && source.ageMs >= oldMs
        ? [`${since}: so many are not dumped more often`]
        : []
  if (loop.state === "turning") return ["the loop turns", ...stale]
  const stack = loop.by.stack === undefined ? [] : userFrames(loop.by.stack).slice(0, framesShown)
  return [
    `the loop has been held for ${ago(loop.heldMs)} by ${holderText(loop)}`,
    ...stack.map((frame) => `    ${frame}`),
    ...stale
  ]
}

const stackLines = ({ stack }: Dump): ReadonlyArray<string> => {
  if (stack === undefined) return []
  const frames = userFrames(stack)
  return frames.length === 0
    ? ["no JavaScript of the program runs now"]
    : ["it runs", ...frames.map((frame) => `    ${frame}`)]
}

/** "worker 2 runs `resize` for 3.1 s, self 3.1 s in 1 slice; its loop has not turned for 3.1 s" */
const workersOf = ({ loop, working = [] }: Dump): ReadonlyArray<string> =>
  working.map(({ heldMs, selfMs, since, slices, task, worker }) => {
    const held = heldMs < FiberDump.longHoldMs ? "" : `; its loop has not turned for ${ago(heldMs)}`
    const forMs = Math.max(0, (loop?.at ?? Date.now()) - since)
    return `worker ${worker} runs \`${task}\` for ${ago(forMs)}, self ${ago(selfMs)} in ${slices} slice${slices === 1 ? "" : "s"}${held}`
  })

const treeOf = ({ fibers, fibersFailed, loop }: Dump): string => {
  if (fibers === undefined || fibers === null)
    return safeLine(`its fibers are not known: ${fibersFailed ?? "Giveway is not in it, or did not answer"}`)
  const note = loop?.state === "held" ? `holds the loop for ${ago(loop.heldMs)}` : undefined
  const culprit = loop?.state === "held" ? loop.by.fiberId : undefined
  return FiberDump.render(
    new FiberDump.FiberDump({
      takenAt: fibers.takenAt,
      left: fibers.left,
      fibers: fibers.fibers.map((fiber) => ({
        ...fiber,
        // JSON has no `undefined`
        parentId: fiber.parentId,
        name: fiber.name,
        ...(fiber.id === culprit && note !== undefined ? { note } : {})
      }))
    })
  )
}

/** `stream`: in colours if it is a terminal; without one, in none. */
export const render = (dump: Dump, stream?: NodeJS.WriteStream): string => {
  const paint = (style: Parameters<typeof painted>[0], text: string): string =>
    stream === undefined ? text : painted(style, text, stream)
  const [first, ...others] = loopLines(dump).map(safeLine)
  const held = dump.loop?.state === "held"
  return [
    paint("bold", safeLine(headOf(dump))),
    ...(first === undefined ? [] : [held ? paint(["bold", "red"], first) : first]),
    ...others,
    ...stackLines(dump).map(safeLine),
    ...workersOf(dump).map(safeLine),
    treeOf(dump)
  ].join("\n")
}
