/**
 * A service that somebody put into `for (;;);`, and what can still be learned of it from outside.
 */
import { readFileSync } from "node:fs"
import { assert, it } from "@effect/vitest"
import { giveway } from "../cli/giveway.ts"
import { program, withServed } from "../served.ts"

const culprit =
  readFileSync(program, "utf8")
    .split("\n")
    .findIndex((line) => line.includes("for (;;)")) + 1

it("a service in an endless loop gives its metrics, its fibers with the culprit's line, and a top that names it", () =>
  withServed({ socket: true }, async (served) => {
    await served.hold("loop")
    const { body } = await served.get("/metrics")
    assert.match(body, /^giveway_loop_held 1$/m)
    assert.match(body, /^giveway_loop_hog_info\{.*name="checkout"/m)

    const dump = await giveway(["dump"], served.environment)
    assert.match(dump.stdout, new RegExp(`held for .* by \`checkout\` .*served\\.ts:${culprit} in .*holdForEver`))

    const top = await giveway(["top", "--once"], served.environment)
    assert.strictEqual(top.code, 0)
    assert.match(
      top.stdout,
      new RegExp(`■ held for .* by \`checkout\` \\(fiber #\\d+\\) at \\S*served\\.ts:${culprit}`)
    )
    assert.match(top.stdout, /^ checkout +(9\d|100) % /m)
  }))
