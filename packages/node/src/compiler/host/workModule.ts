/**
 * Makes the extracted module for an id that the compiled code of a file names: finds the work again, cuts it out
 * (`work/extract.ts`), and compiles the result.
 */
import type { Compiled, Options } from "./compile.ts"
import { compile } from "./compile.ts"
import { extract } from "../work/extract.ts"
import * as inline from "../work/inline.ts"
import { parse } from "../read/parse.ts"
import { copy, print } from "../emit/print.ts"
import { analyse } from "../read/analyse.ts"

/** The id in the URL, or path, of an extracted module; `undefined` in that of any other. */
export const idIn = (url: string): string | undefined => pattern.exec(url)?.[1]

const pattern = new RegExp(`\\?${inline.parameter}=([\\w-]+)$`)

/**
 * The module of the work `id` in `source`, with yield points. Throws if `source` has no such work: then the file has changed
 * since the program was loaded.
 */
export const compileExtracted = (source: string, id: string, options: Options): Compiled => {
  const { file } = options
  const parsed = parse(source, file)
  const works =
    "reason" in parsed
      ? []
      : [...inline.find(parsed.program, analyse(parsed.program), source, parsed.text, file).values()]
  const work = works.find((each) => each.id === id)
  if ("reason" in parsed || work === undefined || "reason" in work.captures) {
    throw new Error(`${file} has changed since the program was loaded: it has no work ${id}. Start the program again`)
  }
  const code = extract(parsed.text, parsed.program, work, work.captures)
  const compiled = compile(code, {
    ...options,
    file: file.replace(/\.m?ts$/, ".js"),
    sourceName: options.sourceName ?? file
  })
  const { code: made, map } = compiled.map === undefined ? print(copy(code, 0, code.length), code, file) : compiled
  return { ...compiled, code: made, map: map && { ...map, file, sources: [file], sourcesContent: [source] } }
}
