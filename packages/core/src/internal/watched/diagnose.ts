/**
 * This thread's answer when the watcher asks it in the middle of a stall (`watcher/question.ts`).
 *
 * The watcher can only evaluate an expression here. So the answering function stands on `globalThis`, under a symbol, as
 * long as a supervision is there. It runs inside user code, between any two statements. So it changes nothing, except that
 * it may queue a probe as a microtask, and it must be quick: 10 µs and the stack.
 */
import * as Fiber from "effect/Fiber"
import * as allowances from "./allowances.ts"
import * as answers from "./answers.ts"
import * as provided from "./provided.ts"
import * as allowedFibers from "../hook/allowedFibers.ts"
import * as fiberHook from "../hook/fiberHook.ts"
import * as floodOrigin from "./floodOrigin.ts"
import * as floodProbe from "./floodProbe.ts"
import * as heartbeat from "./heart/heartbeat.ts"
import { givenName, nameOf } from "../hook/labels.ts"
import * as runningSlices from "../hook/runningSlices.ts"
import * as longParses from "./longParses.ts"
import { now } from "../sharedMemory/clock.ts"
import * as threadBlock from "../sharedMemory/threadBlock.ts"
import { stackHere } from "../stackTrace/stackHere.ts"
import type { Answer } from "../watcher/question.ts"
import { key } from "../watcher/question.ts"
import * as wholeCalls from "../steppable/wholeCalls.ts"

/** Frames of `Effect.fn` and spans that people will read. A guess. */
const effectFrames = 8

const framesOf = (fiber: Fiber.Fiber<unknown, unknown>): ReadonlyArray<string> => {
  const frames: Array<string> = []
  let frame = fiber.cache.stackFrame
  while (frame !== undefined && frames.length < effectFrames) {
    const name = givenName(frame)
    if (name !== undefined) frames.push(name)
    frame = frame.parent
  }
  return frames
}

const diagnose = (): string => {
  const stack = stackHere()
  const at = now()
  const { block, labels } = fiberHook.thread
  const beacon = threadBlock.readBeacon(block)
  const current = Fiber.getCurrent()
  const hog = runningSlices.hogSoFar(at)
  const { busyMs, label } = heartbeat.sinceBeat()
  const whole = wholeCalls.running()
  const isOutside = beacon.depth === 0
  const idleUntil = heartbeat.idleUntil(at)
  const flooded = isOutside && floodProbe.answered(idleUntil, at)
  const origin = isOutside ? floodOrigin.find() : undefined
  if (origin !== undefined) floodProbe.arm(now, origin)
  const own = allowances.isMostlyOwn(isOutside ? idleUntil : beacon.outerStart, at)
  const answer: Answer = {
    at,
    outerSeq: beacon.depth > 0 ? beacon.outerSeq : 0,
    heartbeat: beacon.heartbeat,
    idleUntil,
    current:
      current === undefined ? undefined : { fiberId: current.id, name: nameOf(current), frames: framesOf(current) },
    hog: {
      fiberId: hog.fiberId,
      name: hog.fiber === undefined ? labels.name(hog.label) : nameOf(hog.fiber),
      selfMs: hog.selfMs
    },
    flooded,
    origin,
    allowed: own
      ? allowances.ownReason
      : (allowances.reasonFor(hog.fiberId, beacon.outerStart, at) ??
        (hog.fiber === undefined ? undefined : allowedFibers.reasonOf(hog.fiber))),
    own,
    debugged: answers.value("debugged") === true,
    provided: provided.look(),
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

let uses = 0

/** Puts the function where the watcher finds it, until the returned function is called. The last such call removes it. */
export const install = (): (() => void) => {
  if (uses++ === 0) Object.defineProperty(globalThis, key, { value: diagnose, configurable: true, enumerable: false })
  return () => {
    if (--uses === 0) Reflect.deleteProperty(globalThis, key)
  }
}
