/**
 * One job for several items: the caller's side. The worker runs them one after another and stops at the first that does
 * not succeed. The results before it arrive all the same.
 */
import * as Effect from "effect/Effect"
import type { Batch, RunBatch } from "./computePort.ts"
import type { ComputeError } from "../job/computeErrors.ts"
import type { Task } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"
import * as Errors from "../job/computeErrors.ts"
import * as issueText from "../job/issueText.ts"
import type { Exchange } from "./jobCaller.ts"
import { refusable } from "./jobCaller.ts"
import * as jobContext from "../job/jobContext.ts"
import * as jobEnding from "./jobEnding.ts"
import type { Ending } from "../job/jobMessages.ts"
import * as transferring from "../job/transferring.ts"
import * as wireCodec from "../job/wireCodec.ts"

export const make =
  (exchange: Exchange): RunBatch =>
  <P, A, E>(task: Task<P, A, E>, items: ReadonlyArray<P>, first: number, site: CallSite) =>
    Effect.withFiber<Batch<A, E | ComputeError>>((fiber) => {
      const codec = wireCodec.of(task)
      const moving: transferring.Moving = new Set()
      const encode = (item: P, index: number): Effect.Effect<unknown, ComputeError> =>
        Effect.catch(transferring.into(moving, codec.encodePayload(item)), (error) =>
          jobEnding.fail(
            new Errors.PayloadInvalid({
              task: task.name,
              issue: `item ${first + index}: ${issueText.of(error, item)}`
            }),
            site
          )
        )
      const send = (payload: ReadonlyArray<unknown>): Effect.Effect<Batch<A, E | ComputeError>> => {
        const { moduleUrl, name } = task
        const copied = { moduleUrl, name, batch: true, payload, context: jobContext.capture(fiber) }
        return exchange(refusable(task, transferring.listed(copied, moving)), fiber, (ending) => {
          switch (ending._tag) {
            case "Batch":
              return arrived(ending)
            case "Success":
              return Effect.die(new Error(`a worker answered a batch of task "${task.name}" with one value`))
            default:
              return Effect.succeed(stopped(failure(ending)))
          }
        })
      }
      const arrived = ({ ranMs, stopped, values }: Extract<Ending, { readonly _tag: "Batch" }>) => {
        const decoded: Array<A> = []
        const decode = (value: unknown) =>
          Effect.map(jobEnding.decodeSuccess<A>(task, codec, value, site), (value) => void decoded.push(value))
        return Effect.match(Effect.forEach(values, decode, { discard: true }), {
          onSuccess: (): Batch<A, E | ComputeError> => ({
            values: decoded,
            stopped: stopped && failure(stopped),
            ranMs
          }),
          onFailure: (error): Batch<A, E | ComputeError> => ({ values: decoded, stopped: Effect.fail(error), ranMs })
        })
      }
      const failure = (ending: jobEnding.Unsuccessful): Effect.Effect<never, E | ComputeError> =>
        jobEnding.failWith<E>(task, codec, counted(ending, first), site)
      return Effect.matchEffect(Effect.forEach(items, encode), {
        onSuccess: send,
        onFailure: (error) => Effect.succeed(stopped(Effect.fail(error)))
      })
    })

const stopped = <E>(failure: Effect.Effect<never, E>): Batch<never, E> => ({ values: [], stopped: failure, ranMs: 0 })

/** A value that cannot be cloned is named by its index in the collection, not in the batch. */
const counted = (ending: jobEnding.Unsuccessful, first: number): jobEnding.Unsuccessful =>
  ending._tag === "PayloadNotCloneable" || ending._tag === "ResultNotCloneable"
    ? { ...ending, path: ending.path.replace(/^\[(\d+)\]/, (_, index: string) => `[${first + Number(index)}]`) }
    : ending
