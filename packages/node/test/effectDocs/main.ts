/**
 * Runs one program of `programs.ts` as a process of its own: its name, and its arguments. `EFFECT_DOCS_RUNTIME` says by which
 * runtime.
 */
import { original, register, texts, urlOf } from "./loader.ts"
import { programs } from "./programs.ts"
import { dispose, prepare } from "./runtimes.ts"

const [name, ...args] = process.argv.slice(2)
const program = programs.find((program) => program.name === name)
if (program === undefined) throw new Error(`no program ${name}`)

const edited = (path: string, edits: ReadonlyArray<readonly [from: string, to: string]>): string => {
  let text = original(path)
  for (const [from, to] of edits) {
    if (!text.includes(from)) throw new Error(`${path} has no ${JSON.stringify(from)} any more`)
    text = text.replaceAll(from, to)
  }
  return text
}

const env = (text: string): string => text.replaceAll(/\$(PORT|SERVER)\b/g, (_, key: string) => process.env[key] ?? "")

for (const [path, edits] of Object.entries(program.imports ?? {})) texts.set(path, env(edited(path, edits)))
texts.set(program.path, env(`${edited(program.path, program.edits ?? [])}\n${program.after ?? ""}`))

process.argv.splice(1, process.argv.length, program.path, ...args)
register()
if (program.promises === true) await prepare()
try {
  await import(urlOf(program.path))
} finally {
  if (program.promises === true) await dispose()
}
