/**
 * The code blocks of documents and of docstrings, in all languages. `examples.test.ts` runs those that run, `languages.test.ts`
 * looks at the others.
 */
export interface Block {
  readonly document: string
  /** of the fence that opens it */
  readonly line: number
  /** the first word behind the fence; empty if there is none */
  readonly language: string
  readonly code: string
}

/** A block in a docstring has an asterisk before each line. */
const fenced = /^([ \t]*(?:\*[ \t])?[ \t]*)```([^\n`]*)\n([^]*?)^[ \t]*(?:\*[ \t])?[ \t]*```[ \t]*$/gm

const withoutAsterisks = (code: string): string => code.replaceAll(/^[ \t]*\* ?/gm, "")

export const blocksIn = (document: string, text: string): ReadonlyArray<Block> => {
  return Array.from(text.matchAll(fenced), (match) => {
    const [, prefix, info, code] = match as unknown as readonly [string, string, string, string]
    return {
      document,
      line: text.slice(0, match.index).split("\n").length,
      language: info.trim().split(" ")[0]!,
      code: prefix.includes("*") ? withoutAsterisks(code) : code
    }
  })
}
