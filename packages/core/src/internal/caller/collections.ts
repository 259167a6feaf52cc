/**
 * A task over a collection: `Compute.forEach` and `Compute.map`.
 *
 * Both cut the collection into batches (`chunking.ts`), one job each, and keep a few in flight. Results, failures and
 * interruption are those of `Effect.forEach` and `Stream.mapEffect`, which do the rest.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { ComputeError } from "../job/computeErrors.ts"
import type { ForEachOptions } from "../job/computeService.ts"
import { InvalidOption } from "../../InvalidOption.ts"
import type { Task } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"
import type { Batch, ComputePort } from "./computePort.ts"
import type { Chunking } from "./chunking.ts"
import * as chunking from "./chunking.ts"
import * as queuePlace from "./queuePlace.ts"
import { wholeNumber } from "../options/optionCheck.ts"

/** Options that make no sense are a mistake in the program, as elsewhere in a call. */
const resolve = (
  compute: ComputePort,
  options: ForEachOptions | undefined
): Effect.Effect<{ readonly chunks: Chunking; readonly lanes: number }> =>
  Effect.orDie(
    Effect.gen(function* () {
      const { chunk = "auto", concurrency = compute.parallelism } = options ?? {}
      if (typeof chunk !== "number" && chunk !== "auto") {
        const expected = `a whole number from 1, or "auto"`
        return yield* new InvalidOption({ of: "Compute", option: "chunk", value: chunk, expected })
      }
      return {
        chunks:
          chunk === "auto" ? chunking.adaptive() : chunking.fixed(yield* wholeNumber("Compute", "chunk", chunk, 1)),
        lanes: yield* wholeNumber("Compute", "concurrency", concurrency, 1)
      }
    })
  )

/** Lanes run side by side, each taking the next chunk until none is left. */
export const forEach = <P, A, E>(
  compute: ComputePort,
  iterable: Iterable<P>,
  task: Task<P, A, E>,
  options: ForEachOptions | undefined,
  keep: boolean,
  site: CallSite
): Effect.Effect<Array<A> | void, E | ComputeError> =>
  Effect.flatMap(resolve(compute, options), ({ chunks, lanes }) => {
    const items = Array.from(iterable)
    const results: Array<A> | undefined = keep ? Array.from({ length: items.length }) : undefined
    let begun = 0
    const lane = Effect.whileLoop({
      while: () => begun < items.length,
      body: () => {
        const first = begun
        begun += chunks.next(items.length - first, lanes)
        const batch = items.slice(first, begun)
        return Effect.flatMap(compute.batch(task, batch, first, site), ({ ranMs, stopped, values }) => {
          if (stopped !== undefined) return stopped
          chunks.learn(batch.length, ranMs)
          if (results !== undefined) for (let i = 0; i < values.length; i++) results[first + i] = values[i]!
          return Effect.void
        })
      },
      step: () => {}
    })
    const all = Array.from({ length: Math.min(lanes, items.length) }, () => lane)
    return Effect.as(
      Effect.forEach(all, (lane) => lane, { concurrency: "unbounded", discard: true }),
      results
    )
  })

/** Cuts the elements that the source has at hand into chunks, and waits for no more: an element that came alone goes alone. */
export const map = <P, A, E, E2, R>(
  compute: ComputePort,
  source: Stream.Stream<P, E2, R>,
  task: Task<P, A, E>,
  options: (ForEachOptions & { readonly unordered?: boolean | undefined }) | undefined,
  site: CallSite
): Stream.Stream<A, E | E2 | ComputeError, R> =>
  Stream.unwrap(
    Effect.map(resolve(compute, options), ({ chunks, lanes }) => {
      let begun = 0
      return source.pipe(
        Stream.chunks,
        Stream.flatMap((atHand) => Stream.fromIterable(cut(atHand, chunks, lanes), { chunkSize: 1 })),
        Stream.mapEffect(
          (items) => {
            const first = begun
            begun += items.length
            return Effect.tap(
              queuePlace.provide(compute.batch(task, items, first, site), options),
              ({ ranMs, stopped }) =>
                Effect.sync(() => {
                  if (stopped === undefined) chunks.learn(items.length, ranMs)
                })
            )
          },
          { concurrency: lanes, unordered: options?.unordered }
        ),
        Stream.flatMap(valuesOf)
      )
    })
  )

function* cut<P>(items: ReadonlyArray<P>, chunks: Chunking, lanes: number): Generator<ReadonlyArray<P>> {
  for (let begun = 0; begun < items.length;) {
    const size = chunks.next(items.length - begun, lanes)
    yield items.slice(begun, begun + size)
    begun += size
  }
}

const valuesOf = <A, E>({ stopped, values }: Batch<A, E>): Stream.Stream<A, E> => {
  const arrived = Stream.fromArray(values)
  return stopped === undefined ? arrived : Stream.concat(arrived, Stream.fromEffect(stopped))
}
