/**
 * Runs the examples in Effect's docstrings that run effects, in this process, one after the other: those of the modules that are
 * its arguments (`Queue Stream`), and prints what they print. `EFFECT_DOCS_RUNTIME` says by which runtime.
 *
 * An example that has not ended after `limit` is left, and its fibers are interrupted.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { effect, register, texts, urlOf } from "./loader.ts"
import { dispose, prepare } from "./runtimes.ts"
import { running, watched } from "./standIns/Effect.ts"

/** ms. Some examples wait for seconds, some for ever. */
const limit = 400

const examples = (module: string): ReadonlyArray<readonly [name: string, text: string]> => {
  const source = readFileSync(join(effect, "src", `${module}.ts`), "utf8")
  return [...source.matchAll(/```ts[^\n]*\n([^]*?)```/g)]
    .map((match): readonly [string, string] => [
      `${module}.ts:${source.slice(0, match.index).split("\n").length}`,
      match[1]!.replace(/^\s*\* ?/gm, "")
    ])
    .filter(([, text]) => /Effect\.run(Promise|Fork|PromiseExit|Callback)\b/.test(text))
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

process.on("unhandledRejection", (error) => console.log("rejected:", String(error)))
process.on("uncaughtException", (error) => console.log("uncaught:", String(error)))

watched.onExit = (exit) => console.log("exit:", exit)

register()
await prepare()
for (const module of process.argv.slice(2)) {
  for (const [i, [name, text]] of examples(module).entries()) {
    console.log(`=== ${name}`)
    const path = `docstrings/${module.replaceAll("/", "-")}-${i}.ts`
    texts.set(path, text)
    const end = performance.now() + limit
    let imported = false
    void import(urlOf(path))
      .catch((error: unknown) => console.log("failed:", String(error)))
      .finally(() => (imported = true))
    for (let quiet = 0; quiet < 5; quiet = imported && running.size === 0 ? quiet + 1 : 0) {
      if (performance.now() > end) {
        console.log("not ended")
        break
      }
      await (running.size === 0 ? turn() : new Promise((resolve) => setTimeout(resolve, 1)))
    }
    for (const fiber of running) fiber.interruptUnsafe()
    for (let i = 0; i < 5; i++) await turn()
    running.clear()
  }
}
await dispose()
process.exit()
