/**
 * A search as an effect: with its options, with the token of the environment, and with its errors.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { InvalidOption } from "../../InvalidOption.ts"
import { group, optional } from "../options/environment.ts"
import * as drive from "./drive.ts"
import type { InterleavingFailed, NotControlled } from "./errors.ts"
import { InvalidToken, ofFound, ofUncontrolled } from "./errors.ts"
import type { Held, Settings } from "./search.ts"
import * as settings from "./settings.ts"

/** `GIVEWAY_REPLAY` */
const replay = group("GIVEWAY", { replay: optional(Config.String("REPLAY")) }).replay

type Errors = InterleavingFailed | NotControlled | InvalidToken

/** Dies of an `InvalidOption`. `change` has the last word about the settings. */
export const checked = (
  of: string,
  program: Effect.Effect<unknown, unknown>,
  given: unknown,
  change: (settings: Settings) => Settings = (read) => read
): Effect.Effect<Held & { readonly replayed: boolean; readonly settings: Settings }, Errors> =>
  Effect.gen(function* () {
    const read: Result.Result<Settings, InvalidOption> = settings.read(of, given)
    if (Result.isFailure(read)) return yield* Effect.die(read.failure)
    const token = read.success.replay ?? (yield* Effect.orDie(replay))
    const wanted = change({ ...read.success, replay: token })
    const outcome = yield* drive.run(program, wanted)
    switch (outcome._tag) {
      case "Held":
        return { ...outcome, replayed: token !== undefined, settings: wanted }
      case "Found":
        return yield* Effect.fail(ofFound(outcome, wanted.seed))
      case "Uncontrolled":
        return yield* Effect.fail(ofUncontrolled(outcome))
      case "BadToken":
        return yield* Effect.fail(new InvalidToken({ token: token!, problem: outcome.problem }))
    }
  })
