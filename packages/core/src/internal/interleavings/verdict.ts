/**
 * What is wrong with a schedule that has ended.
 *
 * **Invariant.** No alarm on a correct program. So a schedule that interrupted a fiber below the root is judged by less: the
 * others may wait for the victim for ever, time out or fail, and that is no fault of theirs. The victim must end, and the conditions of the
 * program must hold.
 */
import * as Cause from "effect/Cause"
import * as Equal from "effect/Equal"
import type * as Exit from "effect/Exit"
import { isInterrupted } from "../hook/innards.ts"
import { thrownText } from "../options/shownValue.ts"
import type { Ended } from "./machine/machine.ts"
import type { Strand } from "./machine/strand.ts"

export const kinds = [
  "Failed",
  "Interrupted",
  "Deadlock",
  "Livelock",
  "TooLong",
  "LeftBehind",
  "LeftOpen",
  "InterruptionLost",
  "ConditionBroken",
  "ResultDiffers"
] as const

export interface Finding {
  readonly kind: (typeof kinds)[number]
  /** in words, without the fibers' names */
  readonly text: string
  /** the fibers that it is about */
  readonly strands: ReadonlyArray<Strand>
}

export interface Rules {
  /** the name for a schedule that is cut off */
  readonly endless: "livelock" | "tooLong"
  /** the exit that each schedule must have */
  readonly expected: Exit.Exit<unknown, unknown> | undefined
}

export const judge = (ended: Ended, rules: Rules): Finding | undefined => {
  const { broken, exit, isCut, left, openScopes, steps, thrown, victim } = ended
  if (isCut) return cutOff(ended, rules)
  if (thrown.length > 0) return finding("Failed", `an error that nobody caught: ${thrownText(thrown[0])}`)
  // that a finalizer did not run, and a condition with it, is the consequence
  if (victim === undefined && exit === undefined) return stuck(ended)
  if (broken.length > 0)
    return finding("ConditionBroken", `at the end it is not true that ${broken.join(", nor that ")}`)
  if (victim !== undefined) {
    if (victim.fiber!.pollUnsafe() === undefined) {
      return finding("InterruptionLost", "interrupted, and never ended", [victim])
    }
    if (victim.id !== 0) return exit === undefined || left.length > 0 ? undefined : open(openScopes)
    if (left.length > 0) return finding("LeftBehind", "the program was interrupted, and left behind", left)
    return defectOf(exit!) ?? open(openScopes)
  }
  if (left.length > 0) return finding("LeftBehind", "the program has ended, and left behind", left)
  if (exit!._tag === "Failure") {
    const failed = exit!.cause.reasons.find((reason) => reason._tag !== "Interrupt")
    if (failed === undefined)
      return finding("Interrupted", "the program was interrupted, and no schedule asked for that")
    return finding("Failed", thrownText(Cause.isFailReason(failed) ? failed.error : failed.defect))
  }
  if (rules.expected !== undefined && !Equal.equals(exit, rules.expected)) {
    return finding("ResultDiffers", `the result differs from that of the plain schedule after ${steps} steps`)
  }
  return open(openScopes)
}

/** Two findings are the same fault if they differ in numbers alone. */
export const isSame = (a: Finding, b: Finding | undefined): boolean =>
  b !== undefined && a.kind === b.kind && a.text.replaceAll(/\d+/g, "#") === b.text.replaceAll(/\d+/g, "#")

const finding = (kind: Finding["kind"], text: string, strands: ReadonlyArray<Strand> = []): Finding => ({
  kind,
  text,
  strands
})

const stuck = ({ left }: Ended): Finding => {
  const deaf = left.filter(({ fiber }) => isInterrupted(fiber!))
  return deaf.length > 0
    ? finding("InterruptionLost", "nobody can go on; interrupted, and never ended", deaf)
    : finding("Deadlock", "nobody can go on; for ever wait", left)
}

const cutOff = ({ exit, left, steps, victim }: Ended, { endless }: Rules): Finding | undefined => {
  // with an interruption of a fiber below the root others may try for ever
  if (victim !== undefined && victim.id !== 0) return undefined
  if (exit !== undefined) return finding("LeftBehind", "the program has ended, and left behind", left)
  return endless === "livelock"
    ? finding("Livelock", `the program has not ended after ${steps - 1} operations`, left)
    : finding(
        "TooLong",
        `the program has not ended after ${steps - 1} operations, the most that \`steps\` allows`,
        left
      )
}

const defectOf = (exit: Exit.Exit<unknown, unknown>): Finding | undefined => {
  if (exit._tag === "Success") return undefined
  const defect = exit.cause.reasons.find(Cause.isDieReason)
  return defect === undefined
    ? undefined
    : finding("Failed", `the program was interrupted, and died: ${thrownText(defect.defect)}`)
}

const open = (scopes: number): Finding | undefined =>
  scopes === 0
    ? undefined
    : finding(
        "LeftOpen",
        `${scopes === 1 ? "a scope was" : `${scopes} scopes were`} never closed: their finalizers did not run`
      )
