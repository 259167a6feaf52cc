import { assert, describe, it } from "vitest"
import * as packageJson from "../../../src/cli/init/packageJson.ts"
import * as plan from "../../../src/cli/init/plan.ts"
import type { Template } from "../../../src/cli/init/template.ts"

const template: Template = {
  files: [
    { path: ".gitignore", text: "node_modules\ndist\n" },
    { path: "src/main.ts", text: "run()\n" }
  ],
  fields: { type: "module", scripts: { start: "giveway run src/main.ts" } }
}

const there = (fields: packageJson.Fields, isInUse = true): plan.Package => ({
  _tag: "There",
  text: JSON.stringify(fields),
  fields,
  isInUse
})

const planOf = (texts: Record<string, string>, its: plan.Package = { _tag: "Missing", name: "primes" }) =>
  plan.make(template, (path) => texts[path], its)

describe("the plan of giveway init", () => {
  it("writes everything into an empty folder", () => {
    const { additions, missing, questions } = planOf({})
    assert.deepStrictEqual(missing.map(({ path }) => path).toSorted(), [".gitignore", "package.json", "src/main.ts"])
    assert.deepStrictEqual([additions, questions], [[], []])
    assert.include(missing[0]!.text, '"name": "primes"')
  })

  it("takes a file for the same if only its line breaks differ, or if it ignores more", () => {
    const texts = { ".gitignore": "/dist/\n*.log\nnode_modules/\n", "src/main.ts": "run()\r\n" }
    assert.deepStrictEqual(planOf(texts).same, [".gitignore", "src/main.ts"])
  })

  it("asks about a file that differs, and replaces it only after a yes", () => {
    const its = there({ type: "module", scripts: template.fields["scripts"] })
    const plans = planOf({ "src/main.ts": "mine()\n" }, its)
    assert.deepStrictEqual(plans.questions, [{ _tag: "File", path: "src/main.ts", from: "mine()\n", to: "run()\n" }])
    assert.deepStrictEqual(plan.replacements(plans, its, []), [])
    assert.deepStrictEqual(plan.replacements(plans, its, plans.questions), [{ path: "src/main.ts", text: "run()\n" }])
  })

  it("adds to a package.json, and changes a field only after a yes", () => {
    const its = there({ type: "module", scripts: { start: "node ." } })
    const plans = planOf({}, its)
    assert.deepStrictEqual(plan.replacements(plans, its, []), [])
    const [replaced] = plan.replacements(plans, its, plans.questions)
    assert.deepStrictEqual(JSON.parse(replaced!.text), template.fields)
  })

  it.each([{}, { type: "commonjs" }])("needs a yes to make modules of %j", (fields) => {
    const { additions, questions } = planOf({}, there(fields))
    assert.deepStrictEqual(
      [questions.map(plan.isNeeded), additions.map(({ path }) => path.join("."))],
      [[true], ["scripts.start"]]
    )
  })

  it.each([{}, { type: "commonjs" }])("makes modules of %j unasked where npm alone has written", (fields) => {
    const { additions, questions } = planOf({}, there(fields, false))
    assert.deepStrictEqual([questions, additions.map(({ path }) => path.join("."))], [[], ["type", "scripts.start"]])
  })
})
