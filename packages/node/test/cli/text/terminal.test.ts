import { assert, it } from "vitest"
import { letters } from "../../../src/cli/text/terminal.ts"

it("a terminal without UTF-8 gets letters that it has, one for one", () => {
  for (const locale of ["C", "POSIX", "de_DE.ISO-8859-1"])
    assert.strictEqual(letters("● ▁█…", { LC_ALL: locale }), "o _#~")
  for (const locale of ["C.UTF-8", "de_DE.utf8", "de_DE", ""]) assert.strictEqual(letters("●", { LANG: locale }), "●")
})
