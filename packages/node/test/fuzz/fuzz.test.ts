/**
 * The short form of `npm run fuzz`: some thousand inputs for each parser, and all that failed once.
 */
import { assert, describe, it } from "vitest"
import { corpus } from "./corpus.ts"
import { parsers } from "./parsers.ts"
import type { Failure } from "./run.ts"
import { again, run, runLong } from "./run.ts"

const seed = Number(process.env["GIVEWAY_SEED"] ?? Math.floor(Math.random() * 1e9))
const inputs = process.env["GIVEWAY_LONG"] === undefined ? 1500 : 100_000

/** Of each parser, however slow it is. */
const least = 150

describe(`whatever comes from outside is parsed or refused (GIVEWAY_SEED=${seed})`, () => {
  it.each(parsers)("$name", (parser) => {
    for (const input of corpus[parser.name] ?? [])
      assert.isUndefined(again(parser, input), JSON.stringify(input).slice(0, 200))
    const failures: Array<Failure> = []
    run(parser, seed, 0, Math.max(least, Math.ceil(inputs * (parser.share ?? 1))), (failure) => failures.push(failure))
    runLong(parser, seed, 3, (failure) => failures.push(failure))
    const [first] = failures
    if (first !== undefined) {
      throw new Error(`input ${first.input} of seed ${seed} (${failures.length} in all): ${first.shown}`, {
        cause: first.error
      })
    }
  })

  it("each entry of the corpus is of a parser that there is", () => {
    const names = parsers.map(({ name }) => name)
    for (const name of Object.keys(corpus)) assert.include(names, name)
  })
})
