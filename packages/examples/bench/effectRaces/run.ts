/**
 * Runs one program of `races.ts` in the folder into which it was copied, under the version of Effect that is installed there, and prints
 * the outcome as JSON. Arguments: the name, the number of schedules, and the token of a schedule that is to be run alone.
 *
 * `search` is of the entry that `versions.ts` writes beside it.
 */
import * as testing from "@giveway/core/testing"
import { Effect } from "effect"
import { races } from "./races.ts"

type Search = (
  program: Effect.Effect<unknown, unknown>,
  schedules: number,
  replay: string | undefined
) => Effect.Effect<{ readonly [key: string]: unknown }>

const { search } = testing as unknown as { readonly search: Search }
const [name, schedules, token] = process.argv.slice(2)
const { program } = races.find((race) => race.name === name)!
const { _tag, kind, problem, schedule, strategy, trace, ...rest } = await Effect.runPromise(
  search(program, Number(schedules), token)
)
console.log(JSON.stringify({ _tag, kind, problem, schedule, strategy, trace, token: rest["token"] }))
