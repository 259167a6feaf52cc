/**
 * A task over a collection: `Compute.forEach` and `Compute.map`.
 *
 * Both cut the collection into batches (`chunking.ts`), one job each, and keep a few in flight. Results, failures and
 * interruption are those of `Effect.forEach` and `Stream.mapEffect`, which do the rest.
 */
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { ComputeError } from "../job/computeErrors.ts"
import type { ForEachOptions } from "../job/computeService.ts"
import type { InvalidOption } from "../../InvalidOption.ts"
import type { Task } from "../job/taskDefinition.ts"
import type { CallSite } from "./callSite.ts"
import type { Batch, ComputePort } from "./computePort.ts"
import type { Chunking } from "./chunking.ts"
import * as chunking from "./chunking.ts"
import * as standing from "./standing.ts"
import { fields, read } from "../options/fields.ts"
import type { Readers } from "../options/fields.ts"
import { accepting, boolean, isWholeNumber, optional, or, orDie, unread, wholeNumber } from "../options/reader.ts"

const shared = {
  chunk: or(
    accepting<number | "auto">(
      'a whole number from 1, or "auto"',
      (value) => value === "auto" || isWholeNumber(value, 1)
    ),
    "auto"
  ),
  concurrency: optional(wholeNumber(1)),
  // read where they are set, in `standing.ts`
  key: unread<string | undefined>(),
  priority: unread<number | undefined>()
} satisfies Readers<ForEachOptions>

const forEachOptions = fields({ ...shared, discard: or(boolean, false) })

const mapOptions = fields({ ...shared, unordered: or(boolean, false) })

interface Plan {
  readonly chunks: Chunking
  /** jobs at a time */
  readonly lanes: number
}

/** Options that cannot be are a mistake in the program, as elsewhere in a call. */
const planned = (
  compute: ComputePort,
  options: Result.Result<{ readonly chunk: number | "auto"; readonly concurrency: number | undefined }, InvalidOption>
): Effect.Effect<Plan> =>
  orDie(options, ({ chunk, concurrency }) =>
    Effect.sync(() => ({
      chunks: chunk === "auto" ? chunking.adaptive() : chunking.fixed(chunk),
      lanes: concurrency ?? compute.parallelism
    }))
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
  Effect.flatMap(planned(compute, read(forEachOptions, "Compute.forEach", options)), ({ chunks, lanes }) => {
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
    Effect.map(planned(compute, read(mapOptions, "Compute.map", options)), ({ chunks, lanes }) => {
      let begun = 0
      return source.pipe(
        Stream.chunks,
        Stream.flatMap((atHand) => Stream.fromIterable(cut(atHand, chunks, lanes), { chunkSize: 1 })),
        Stream.mapEffect(
          (items) => {
            const first = begun
            begun += items.length
            return Effect.tap(
              standing.provide(compute.batch(task, items, first, site), options),
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
