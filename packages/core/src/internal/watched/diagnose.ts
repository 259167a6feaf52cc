/**
 * What this thread says of itself when the watcher asks it in the middle of whatever holds it.
 *
 * The watcher knows no better way in than to evaluate an expression, so the function stands on `globalThis`, under a
 * symbol, as long as a supervision is there. It runs inside user code, at any point between two statements, so it
 * changes nothing (but for a probe in the microtask queue) and must be quick: 10 µs and the stack.
 */
import * as Fiber from "effect/Fiber"
import type { Answer } from "../../Sysmon.ts"
import * as allowances from "./allowances.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import * as floodOrigin from "./floodOrigin.ts"
import * as floodProbe from "./floodProbe.ts"
import * as heartbeat from "./heartbeat.ts"
import { nameOf } from "../hook/labels.ts"
import * as runningSlices from "../hook/runningSlices.ts"
import * as longParses from "./longParses.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import { stackHere } from "./stackHere.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** Frames of `Effect.fn` and spans that are worth reading. */
const effectFrames = 8

const framesOf = (fiber: Fiber.Fiber<unknown, unknown>): ReadonlyArray<string> => {
  const frames: Array<string> = []
  let frame = fiber.cache.stackFrame
  while (frame !== undefined && frames.length < effectFrames) {
    frames.push(frame.name)
    frame = frame.parent
  }
  return frames
}

const diagnose = (): string => {
  const stack = stackHere()
  const at = fiberHook.now()
  const { block, labels } = fiberHook.thread
  const beacon = threadBlock.readBeacon(block)
  const current = Fiber.getCurrent()
  const hog = runningSlices.hogSoFar(at)
  const { busyMs, label } = heartbeat.sinceBeat()
  const whole = wholeCalls.running()
  const isHold = beacon.depth === 0
  const flooded = isHold && floodProbe.answered(heartbeat.lastBeat(), at)
  const origin = isHold ? floodOrigin.find() : undefined
  if (origin !== undefined) floodProbe.arm(fiberHook.now, origin)
  const answer: Answer = {
    at,
    outerSeq: beacon.depth > 0 ? beacon.outerSeq : 0,
    heartbeat: beacon.heartbeat,
    current:
      current === undefined ? undefined : { fiberId: current.id, name: nameOf(current), frames: framesOf(current) },
    hog: {
      fiberId: hog.fiberId,
      name: hog.fiber === undefined ? labels.name(hog.label) : nameOf(hog.fiber),
      selfMs: hog.selfMs
    },
    flooded,
    origin,
    allowed: allowances.reasonFor(hog.fiberId, beacon.outerStart, at),
    busyMs: busyMs + runningSlices.selfOnStack(at),
    busiest: labels.name(label),
    whole:
      whole === undefined
        ? undefined
        : { name: whole.name, reason: whole.reason, ms: at - performance.timeOrigin - whole.startedAt },
    parsed: longParses.last(),
    stack
  }
  return JSON.stringify(answer)
}

const key = Symbol.for("~giveway/diagnose")
let uses = 0

/** Puts the function where the watcher finds it; the last one who takes it back removes it. */
export const install = (): (() => void) => {
  if (uses++ === 0) Object.defineProperty(globalThis, key, { value: diagnose, configurable: true, enumerable: false })
  return () => {
    if (--uses === 0) Reflect.deleteProperty(globalThis, key)
  }
}
