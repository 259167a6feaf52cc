/**
 * What the fibers of a schedule wait for, and who waits for whom in a circle. The room `hook` knows how fibers suspend; it is set up
 * for the one schedule that is traced, and taken down after it.
 */
import * as awaiting from "../../hook/awaiting.ts"
import * as fiberProbe from "../../hook/fiberProbe.ts"
import * as semaphores from "../../hook/semaphores.ts"
import type { FiberInfo } from "../../fibers/fiberInfo.ts"
import { cycles, sentence } from "../../fibers/waitsFor.ts"
import type { AnyFiber, Strand } from "../machine/strand.ts"

/** Notes what fibers wait for from now on; returns how to stop. */
export const watch = (): (() => void) => {
  const found = fiberProbe.run()
  return (found && awaiting.install(found.prototype, found.features.suspended, () => {})) ?? (() => {})
}

interface Waits {
  /** by strand, as in `a semaphore (1 of 1 permits taken)` */
  readonly of: ReadonlyMap<number, string>
  /** each circle as a sentence */
  readonly cycles: ReadonlyArray<string>
}

export const among = (left: ReadonlyArray<Strand>, titleOf: (strand: number) => string): Waits => {
  const strandOf = new Map<number, Strand>()
  const fibers: Array<AnyFiber> = []
  for (const strand of left) {
    strandOf.set(strand.fiber!.id, strand)
    fibers.push(strand.fiber!)
  }
  let held: semaphores.HeldSemaphores | undefined
  const others: awaiting.Others = {
    children: (id) =>
      left.filter(({ nameless, parent }) => nameless && parent?.fiber?.id === id).map(({ fiber }) => fiber!.id),
    held: () => (held ??= semaphores.heldBy(fibers))
  }
  const words = new Map<number, string>()
  const infos: Array<FiberInfo> = []
  for (const fiber of fibers) {
    const strand = strandOf.get(fiber.id)!
    const awaits = awaiting.of(fiber, others)
    const known = awaits.wakers?.filter((id) => strandOf.has(id)).map((id) => titleOf(strandOf.get(id)!.id)) ?? []
    const detail = awaits.detail === undefined ? "" : ` (${awaits.detail})`
    const holders =
      known.length === 0 ? "" : awaits.kind === "fiber" ? ` ${known.join(", ")}` : `, held by ${known.join(", ")}`
    words.set(
      strand.id,
      (awaits.kind === "fiber" && known.length > 0 ? "" : article(awaits.kind)) + detail + holders.trimStart()
    )
    infos.push({ id: fiber.id, state: "waiting", awaits } as unknown as FiberInfo)
  }
  const titles = (id: number) => titleOf(strandOf.get(id)!.id)
  return { of: words, cycles: cycles(infos).map((cycle) => sentence(cycle, titles)) }
}

const article = (kind: string): string => {
  switch (kind) {
    case "never":
      return "nothing: Effect.never"
    case "unknown":
      return "something unknown"
    case "callback":
      return "an Effect.callback"
    default:
      return `a ${kind}`
  }
}
