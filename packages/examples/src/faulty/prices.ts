/**
 * The second fault: a convoy. No step is long, but thousands of them are ready at once and run in one turn of the loop.
 */
import { Effect } from "effect"

/** A price takes a tenth of a millisecond or two. */
const priceOf = (product: number): number => {
  let price = product
  for (let day = 0; day < 5000; day++) price = (price + Math.sqrt(price + day)) % 1000
  return price
}

export const reprice = (products: number) =>
  Effect.forEach(
    Array.from({ length: products }, (_, product) => product),
    (product) => Effect.yieldNow.pipe(Effect.andThen(Effect.sync(() => priceOf(product)))),
    { concurrency: "unbounded" }
  ).pipe(Effect.withSpan("reprice"))
