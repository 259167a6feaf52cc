/**
 * What the soak runs, how often, and what must become of it. A kind draws a job from its dice: an effect, and a judge of
 * how that ended. `undefined` from a judge means right; a string says what is wrong.
 */
import { Compute } from "@giveway/core"
import { Cause, Effect, Equal, Exit, Fiber, Option, Random, Stream } from "effect"
import { randomFillSync } from "node:crypto"
import { hostileNames } from "./hostileNames.ts"
import * as jobs from "./jobs.ts"

/** How a job ended for its caller, who may have given up on it. */
export type Outcome =
  | { readonly _tag: "Answer"; readonly value: unknown }
  | { readonly _tag: "GaveUp" }
  | { readonly _tag: "Failure"; readonly error: unknown }
  | { readonly _tag: "Defect"; readonly cause: string }

/** A job with its own line in the ledger. */
export interface Place {
  readonly id: number
  readonly ledger: SharedArrayBuffer
  readonly line: number
}

export interface Drawn {
  readonly run: Effect.Effect<Outcome, never, Compute.Compute>
  readonly judge: (outcome: Outcome) => string | undefined
  /** what the ledger must say when all is over; without it, that the job began at most once */
  readonly ledger?: (began: number, ended: number, outcome: Outcome) => boolean
  /** it ends what it began, even when it is cancelled, unless its worker is killed */
  readonly finalizes?: true
}

interface Kind {
  /** jobs of ten thousand */
  readonly weight: number
  readonly draw: (place: Place) => Effect.Effect<Drawn>
}

type Job = Effect.Effect<unknown, unknown, Compute.Compute>

const outcome = (job: Job): Effect.Effect<Outcome, never, Compute.Compute> =>
  Effect.map(Effect.exit(job), (exit): Outcome => {
    if (Exit.isSuccess(exit)) return { _tag: "Answer", value: exit.value }
    const error = Cause.findErrorOption(exit.cause)
    return Option.isSome(error)
      ? { _tag: "Failure", error: error.value }
      : { _tag: "Defect", cause: Cause.pretty(exit.cause) }
  })

const gaveUp: Outcome = { _tag: "GaveUp" }

/** The ways in which callers lose patience. */
const impatient = (job: Job, ms: number, way: number): Effect.Effect<Outcome, never, Compute.Compute> => {
  const answer = outcome(job)
  switch (way) {
    case 0:
      return Effect.map(Effect.timeoutOption(answer, ms), (answer) => Option.getOrElse(answer, () => gaveUp))
    case 1:
      return Effect.raceFirst(answer, Effect.as(Effect.sleep(ms), gaveUp))
    default:
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(answer)
        yield* Effect.sleep(ms)
        yield* Fiber.interrupt(fiber)
        const exit = yield* Fiber.await(fiber)
        return Exit.isSuccess(exit) ? exit.value : gaveUp
      })
  }
}

const ways = 3

export const describe = (outcome: Outcome): string => {
  switch (outcome._tag) {
    case "Answer":
      return `the answer ${String(outcome.value).slice(0, 100)}`
    case "GaveUp":
      return "given up"
    case "Failure":
      return `the failure ${String(outcome.error).slice(0, 200)}`
    case "Defect":
      return `the defect ${outcome.cause.slice(0, 200)}`
  }
}

const expected = (right: boolean, what: string, outcome: Outcome): string | undefined =>
  right ? undefined : `expected ${what}, got ${describe(outcome)}`

const answers =
  (value: unknown) =>
  (outcome: Outcome): string | undefined =>
    expected(outcome._tag === "Answer" && Equal.equals(outcome.value, value), `the answer ${String(value)}`, outcome)

const fails =
  (what: string, matches: (error: Compute.ComputeError | jobs.Refused) => boolean) =>
  (outcome: Outcome): string | undefined =>
    expected(outcome._tag === "Failure" && matches(outcome.error as Compute.ComputeError | jobs.Refused), what, outcome)

const answersOrGivenUp = (value: unknown) => (outcome: Outcome) =>
  outcome._tag === "GaveUp" ? undefined : answers(value)(outcome)

const givenUp = (outcome: Outcome) => expected(outcome._tag === "GaveUp", "that its caller gives up", outcome)

const timesOut = fails("JobTimedOut", ({ _tag }) => _tag === "JobTimedOut")

const emitted = (id: number, elements: number): ReadonlyArray<number> =>
  Array.from({ length: elements }, (_, i) => jobs.mix(id, i + 1))

const diedOf =
  (id: number) =>
  (error: Compute.ComputeError | jobs.Refused): boolean =>
    error._tag === "JobDied" && error.cause instanceof RangeError && error.cause.message === `job ${id}`

const ranOnce: NonNullable<Drawn["ledger"]> = (began, ended) => began === 1 && ended === 1

const drawn = (job: Job, judge: Drawn["judge"], ledger?: Drawn["ledger"]): Drawn => ({
  run: outcome(job),
  judge,
  ...(ledger === undefined ? {} : { ledger })
})

/** A whole number from `min` on, below `max`. */
export const between = (min: number, max: number): Effect.Effect<number> =>
  Random.nextIntBetween(min, max, { halfOpen: true })

const giveUpOn = (job: Job, mostMs: number, judge: Drawn["judge"], ledger?: Drawn["ledger"]): Effect.Effect<Drawn> =>
  Effect.map(Effect.all([between(0, mostMs), between(0, ways)]), ([ms, way]) => ({
    run: impatient(job, ms, way),
    judge,
    ...(ledger === undefined ? {} : { ledger })
  }))

export const kinds = {
  small: {
    weight: 6000,
    draw: ({ id }) =>
      Effect.map(between(0, 1000), (salt) => drawn(Compute.run(jobs.small, { id, salt }), answers(jobs.mix(id, salt))))
  },
  counted: {
    weight: 2400,
    draw: ({ id, ...at }) =>
      Effect.map(between(0, 1000), (salt) =>
        drawn(Compute.run(jobs.counted, { id, salt, at }), answers(jobs.mix(id, salt)), ranOnce)
      )
  },
  large: {
    weight: 100,
    draw: () =>
      Effect.map(between(0, 400_000), (size) => {
        const bytes = randomFillSync(new Uint8Array(size))
        return drawn(Compute.run(jobs.large, bytes), answers(jobs.digest(bytes)))
      })
  },
  rich: {
    weight: 300,
    draw: ({ id }) =>
      Effect.map(between(0, 2), (friends) => {
        const person = new jobs.Person({ name: `person ${id}`, born: new Date(id * 1000) })
        const value = { person, friend: friends === 0 ? Option.none() : Option.some(person), at: [new Date(id)] }
        return drawn(Compute.run(jobs.rich, value), answers(value))
      })
  },
  keyed: {
    weight: 400,
    draw: ({ id }) =>
      Effect.map(Effect.all([between(0, 5), between(-10, 11)]), ([key, priority]) =>
        drawn(Compute.run(jobs.small, { id, salt: 3 }, { key: `key ${key}`, priority }), answers(jobs.mix(id, 3)))
      )
  },
  "several in one": {
    weight: 200,
    draw: ({ id }) =>
      Effect.map(between(1, 50), (items) => {
        const salts = Array.from({ length: items }, (_, salt) => salt)
        const run = Compute.forEach(
          salts.map((salt) => ({ id, salt })),
          jobs.small,
          { chunk: items }
        )
        return drawn(run, answers(salts.map((salt) => jobs.mix(id, salt))))
      })
  },
  emits: {
    weight: 100,
    draw: ({ id }) =>
      Effect.map(Effect.all([between(1, 100), between(1, 20)]), ([elements, window]) =>
        drawn(
          Stream.runCollect(Compute.stream(jobs.emits, { id, elements }, { window })),
          answers(emitted(id, elements))
        )
      )
  },
  "emits for ever, taken": {
    weight: 60,
    draw: ({ id, ...at }) =>
      Effect.map(Effect.all([between(1, 100), between(1, 20)]), ([elements, window]) => ({
        ...drawn(
          Compute.stream(jobs.emitsOn, { id, at }, { window }).pipe(Stream.take(elements), Stream.runCollect),
          answers(emitted(id, elements))
        ),
        finalizes: true as const
      }))
  },
  refuses: {
    weight: 300,
    draw: ({ id }) =>
      Effect.succeed(
        drawn(
          Compute.run(jobs.refuses, id),
          fails("its own failure", (error) => error instanceof jobs.Refused && error.id === id)
        )
      )
  },
  throws: {
    weight: 300,
    draw: ({ id }) => Effect.succeed(drawn(Compute.run(jobs.throws, id), fails("JobDied", diedOf(id))))
  },
  sleeps: {
    weight: 200,
    draw: ({ id }) =>
      Effect.map(Effect.all([between(0, 1000), between(0, 5)]), ([salt, ms]) =>
        drawn(Compute.run(jobs.sleeps, { id, salt, ms }), answers(jobs.mix(id, salt)))
      )
  },
  "queued, given up": {
    weight: 150,
    draw: ({ id, ...at }) =>
      giveUpOn(
        Compute.run(jobs.counted, { id, salt: 7, at }),
        30,
        answersOrGivenUp(jobs.mix(id, 7)),
        (began, ended, outcome) => outcome._tag === "GaveUp" || (began === 1 && ended === 1)
      )
  },
  "cooperates, given up": {
    weight: 100,
    draw: (at) =>
      Effect.flatMap(between(0, 20), (ms) =>
        giveUpOn(Compute.run(jobs.cooperates, { at, ms }), 20, answersOrGivenUp(ms))
      )
  },
  "waits, given up": {
    weight: 80,
    draw: (at) =>
      Effect.map(giveUpOn(Compute.run(jobs.waits, at), 20, givenUp), (drawn) => ({
        ...drawn,
        finalizes: true as const
      }))
  },
  "waits, past its deadline": {
    weight: 60,
    draw: (at) =>
      Effect.map(between(0, 20), (timeout) => ({
        ...drawn(Compute.run(jobs.waits, at, { timeout }), timesOut),
        finalizes: true as const
      }))
  },
  "resists, past its deadline": {
    weight: 6,
    draw: (at) => Effect.map(between(0, 40), (timeout) => drawn(Compute.run(jobs.resists, at, { timeout }), timesOut))
  },
  "loops, given up": {
    weight: 12,
    draw: (at) => giveUpOn(Compute.run(jobs.loops, at), 40, givenUp)
  },
  "resists, given up": {
    weight: 12,
    draw: (at) => giveUpOn(Compute.run(jobs.resists, at), 40, givenUp)
  },
  "native, given up": {
    weight: 3,
    draw: (at) => giveUpOn(Compute.run(jobs.native, at), 40, answersOrGivenUp(64))
  },
  floods: {
    weight: 10,
    draw: ({ id }) =>
      Effect.map(Effect.all([between(0, 3000), between(0, hostileNames.length)]), ([lines, name]) =>
        drawn(
          Compute.run(jobs.floods, { id, salt: 9, lines, text: hostileNames[name]!.slice(0, 200) }),
          answers(jobs.mix(id, 9))
        )
      )
  },
  exits: {
    weight: 8,
    draw: () =>
      Effect.succeed(
        drawn(
          Compute.run(jobs.exits, 3),
          fails("WorkerExited, code 3", (error) => error._tag === "WorkerExited" && error.code === 3)
        )
      )
  },
  exhausts: {
    weight: 2,
    draw: () =>
      Effect.succeed(
        drawn(
          Compute.run(jobs.exhausts, undefined),
          fails("WorkerOutOfMemory", ({ _tag }) => _tag === "WorkerOutOfMemory")
        )
      )
  },
  throwsLater: {
    weight: 5,
    draw: ({ id }) => Effect.succeed(drawn(Compute.run(jobs.throwsLater, id), fails("JobDied", diedOf(id))))
  },
  "unclonable argument": {
    weight: 20,
    draw: () =>
      Effect.succeed(
        drawn(
          Compute.run(jobs.echoes, { handlers: [() => 1] }),
          fails("PayloadNotCloneable", ({ _tag }) => _tag === "PayloadNotCloneable")
        )
      )
  },
  "unclonable result": {
    weight: 20,
    draw: () =>
      Effect.succeed(
        drawn(
          Compute.run(jobs.echoes, "a function"),
          fails("ResultNotCloneable", ({ _tag }) => _tag === "ResultNotCloneable")
        )
      )
  }
} satisfies Readonly<Record<string, Kind>>

export type KindName = keyof typeof kinds

const table = Object.entries(kinds) as ReadonlyArray<[KindName, Kind]>

const total = table.reduce((sum, [, { weight }]) => sum + weight, 0)

/** The job with this number: the same for the same seed, whatever else runs. */
export const draw = (seed: string, place: Place): Effect.Effect<Drawn & { readonly kind: KindName }> =>
  Effect.gen(function* () {
    let dice = yield* between(0, total)
    const [kind, { draw }] = table.find(([, { weight }]) => (dice -= weight) < 0) ?? table[0]!
    const job = yield* draw(place)
    // one in eight runs under a name that means harm, and some of those under a name of their own
    const name = hostileNames[place.id % (8 * hostileNames.length)]
    if (name === undefined) return { ...job, kind }
    return { ...job, kind, run: Effect.withSpan(job.run, place.id % 3 === 0 ? `${name} ${place.id}` : name) }
  }).pipe(Random.withSeed(`${seed}/${place.id}`))
