/**
 * The parts of Giveway that this thread has, so that advice does not name what is there, and says where to get what is not.
 */
import { shared } from "../copies/sharedState.ts"
import type { Provided } from "../stalls/stallText.ts"
import * as compilerHere from "../copies/compilerHere.ts"
import * as answers from "./answers.ts"

/** Supervisions of this thread that were built under `FairScheduler`. */
const fair = shared("fairly/1", () => ({ count: 0 }))

/** A supervision begins whose scheduler is `FairScheduler`, until the returned function is called. */
export const fairly = (): (() => void) => {
  fair.count++
  return () => void fair.count--
}

/** What is there now. */
export const look = (): Provided => ({
  scheduler: fair.count > 0,
  compute: answers.has("pool"),
  compiler: compilerHere.isHere()
})
