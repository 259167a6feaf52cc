/**
 * The parser, oxc, loaded when the first text is parsed: a process whose modules are all in the cache, or need no compiler, never loads its
 * native code (25 to 40 ms of CPU and 4.6 MB, in each worker).
 *
 * It is loaded with `require`, since Node's load hooks are synchronous. Node gives it the instance that `import` would.
 */
import { createRequire } from "node:module"

type Parser = typeof import("oxc-parser")

let parser: Parser | undefined
let loading = false

/** Hot: walks ask it for the keys of each node. */
export const oxc = (): Parser => parser ?? load()

/** Whether the parser's own modules are being loaded: the hook must not ask for the parser then. */
export const isLoading = (): boolean => loading

const load = (): Parser => {
  loading = true
  try {
    return (parser = createRequire(import.meta.url)("oxc-parser") as Parser)
  } finally {
    loading = false
  }
}
