/**
 * The options and children of `Supervision.supervise`, as they are read.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { InvalidOption } from "../../InvalidOption.ts"
import { duration } from "../options/duration.ts"
import { fields } from "../options/fields.ts"
import { accepting, literal, or, text, wholeNumber } from "../options/reader.ts"
import type { ChildSpec } from "./supervise.ts"

/** The readers of the options. */
export const table = {
  name: or(text, "supervisor"),
  strategy: or(literal("one-for-one", "one-for-all", "rest-for-one"), "one-for-one"),
  intensity: fields({
    restarts: or(wholeNumber(0), 3),
    within: or(duration({ positive: true, suchAs: "5 seconds" }), 5000)
  }),
  backoff: fields({
    first: or(duration({ positive: true, suchAs: "100 millis" }), 100),
    most: or(duration({ positive: true, suchAs: "30 seconds" }), 30_000)
  })
}

const readChild = fields({
  name: text,
  run: accepting<never>("an effect", Effect.isEffect),
  restart: or(literal("permanent", "transient", "temporary"), "permanent")
})

/** The children as they are run: each has a name that no other has. */
export const specsOf = <R>(
  of: string,
  children: ReadonlyArray<{ readonly run: Effect.Effect<unknown, unknown, R> }>
): Result.Result<ReadonlyArray<ChildSpec<R>>, InvalidOption> =>
  Result.gen(function* () {
    if (!Array.isArray(children)) {
      yield* Result.fail(
        new InvalidOption({ of, option: "children", value: children, expected: "an array of children" })
      )
    }
    const names = new Set<string>()
    const specs: Array<ChildSpec<R>> = []
    for (const [index, child] of children.entries()) {
      const option = `children[${index}]`
      const { name, restart } = yield* readChild(child, of, option)
      if (names.has(name) || name === "") {
        const expected = "a name that no sibling has"
        yield* Result.fail(new InvalidOption({ of, option: `${option}.name`, value: name, expected }))
      }
      names.add(name)
      specs.push({ name, restart, run: child.run })
    }
    return specs
  })
