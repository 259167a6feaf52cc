/**
 * Values of all kinds go by all ways, on workers and in `TestCompute`: they arrive alike, or are refused in the same words. It
 * takes seconds, for these are some 1,400 jobs; fewer ways or kinds would leave out pairs that differ.
 */
import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import { Compute, TestCompute } from "@giveway/core"
import { NodeCompute } from "@giveway/node"
import { Cause, Effect, Exit, Layer, Stream } from "effect"
import * as fc from "fast-check"
import * as zoo from "../tasks/zoo.ts"

/** An animal, or several of them in cages within cages. */
const caged: fc.Arbitrary<zoo.Animal> = fc.letrec<{ readonly animal: zoo.Animal }>((tie) => ({
  animal: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    { weight: 3, arbitrary: fc.constantFrom(...zoo.animals) },
    {
      weight: 1,
      arbitrary: fc.array(tie("animal"), { maxLength: 3 }).map((all) => ({
        name: `[${all.map(({ name }) => name).join(", ")}]`,
        make: () => all.map(({ make }) => make())
      }))
    },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.tuple(fc.constantFrom("a", "b", "__proto__", "0", "then"), tie("animal")), { maxLength: 3 })
        .map((fields) => ({
          name: `{${fields.map(([key, { name }]) => `${key}: ${name}`).join(", ")}}`,
          make: () => Object.fromEntries(fields.map(([key, { make }]) => [key, make()] as const))
        }))
    },
    {
      weight: 1,
      arbitrary: fc.tuple(tie("animal"), tie("animal")).map(([key, field]) => ({
        name: `Map(${key.name} => ${field.name})`,
        make: () => new Map([[key.make(), field.make()]])
      }))
    }
  )
})).animal

/** All that is to be seen of a value, but for the lines of stacks: threads have other ones. */
const seen = (value: unknown): string =>
  inspect(value, { depth: 80, maxArrayLength: 1000, maxStringLength: 1000, showHidden: true, breakLength: Infinity })
    .replace(/\s+at [^\n]*(?=\n|$)/g, "")
    .replace(/\[stack\]: '(?:[^'\\]|\\.)*'/g, "[stack]")

const ending = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return `arrives as ${seen(exit.value)}`
  const error: unknown = Cause.squash(exit.cause)
  const { cause } = error as { readonly cause?: unknown }
  return `${error instanceof Error ? `${error.name}: ${error.message}` : seen(error)}, caused by ${seen(cause)}`
}

const live = (
  run: (both: (job: Job) => Effect.Effect<readonly [onWorker: string, inline: string]>) => Effect.Effect<void>
) =>
  Effect.gen(function* () {
    const onWorkers = yield* Layer.build(NodeCompute.layer({ maxWorkers: 1, priority: false }))
    const inline = yield* Layer.build(TestCompute.layer)
    yield* run((job) =>
      Effect.gen(function* () {
        const [first, second] = [
          yield* Effect.exit(Effect.provideContext(Effect.suspend(job), onWorkers)),
          yield* Effect.exit(Effect.provideContext(Effect.suspend(job), inline))
        ]
        return [ending(first), ending(second)] as const
      })
    )
  }).pipe(Effect.scoped)

type Job = () => Effect.Effect<unknown, unknown, Compute.Compute>

const padding = "x".repeat(10_000)

/** By bytes in shared memory, by message, in a batch, as result, defect, failure, element. */
const ways = ({ make, name }: zoo.Animal): Readonly<Record<string, Job>> => ({
  "as a payload": () => Compute.run(zoo.mirror, make()),
  "in a large payload": () => Compute.run(zoo.mirror, { animal: make(), padding }),
  "in a batch": () => Compute.forEach([make(), 1], zoo.mirror, { chunk: 2 }),
  "as a result": () => Compute.run(zoo.makes, name),
  thrown: () => Compute.run(zoo.throws, name),
  "as a failure": () => Compute.run(zoo.fails, name),
  "as an element": () => Stream.runCollect(Compute.stream(zoo.emits, name))
})

describe("arrives alike on workers and in TestCompute", () => {
  it.live("each kind of value, by each way", () =>
    live((both) =>
      Effect.gen(function* () {
        const differences: Array<string> = []
        for (const animal of zoo.animals) {
          for (const [way, job] of Object.entries(ways(animal))) {
            const [onWorker, inline] = yield* both(job)
            if (onWorker !== inline) differences.push(`${animal.name} ${way}:\n  ${onWorker}\n  ${inline}`)
          }
        }
        assert.deepStrictEqual(differences, [])
      })
    )
  )

  it.live("values within values", () =>
    live((both) =>
      Effect.gen(function* () {
        const seed = Number(process.env["GIVEWAY_SEED"] ?? 14)
        const count = process.env["GIVEWAY_LONG"] === undefined ? 200 : 20_000
        for (const animal of fc.sample(caged, { numRuns: count, seed })) {
          const [onWorker, inline] = yield* both(() => Compute.run(zoo.mirror, animal.make()))
          assert.strictEqual(onWorker, inline, `${animal.name} (seed ${seed})`)
        }
      })
    )
  )
})
