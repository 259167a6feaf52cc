/**
 * The options of Node with which threads of this package start.
 *
 * A thread inherits the options of the process and `NODE_OPTIONS`. So a thread of Giveway's own would run the program's
 * preloads (`--import`, `--require`): a preload that opens a port fails there, an instrumentation starts once more. And
 * `--input-type` lets no thread start, since it has no input. A thread of Giveway's own therefore starts bare. A compute
 * worker runs the program's code, so it keeps the preloads.
 *
 * **Invariant.** A thread gets no permission that the process lacks: started with `execArgv: []`, it would have all of them.
 *
 * Decision 0101.
 */

/** The options for `new Worker`. */
interface ThreadOptions {
  readonly execArgv?: Array<string>
  readonly env?: NodeJS.ProcessEnv
}

/** The process whose options these are: its own arguments and its environment. */
interface Origin {
  readonly execArgv: ReadonlyArray<string>
  readonly env: NodeJS.ProcessEnv
}

/** The words of `NODE_OPTIONS`, by its own rules: blanks separate, double quotes join, a backslash escapes inside quotes. */
export const wordsOf = (text: string): ReadonlyArray<string> => {
  const words: Array<string> = []
  let word: string | undefined
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '"') {
      isQuoted = !isQuoted
      word ??= ""
    } else if (isQuoted && char === "\\" && i + 1 < text.length) {
      word += text[++i]!
    } else if (!isQuoted && /\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else {
      word = (word ?? "") + char
    }
  }
  return word === undefined ? words : [...words, word]
}

/** An option with its value, which is the rest of its word or the next word. */
type Given = ReadonlyArray<string>

/** Options whose value may be the next word. Only those that are kept matter. */
const takesValue =
  /^(-r|-C|--(require|import|loader|experimental-loader|conditions|allow-fs-read|allow-fs-write|disable-warning))$/

const givenIn = (words: ReadonlyArray<string>): ReadonlyArray<Given> => {
  const given: Array<Given> = []
  for (let i = 0; i < words.length; i++) {
    given.push(takesValue.test(words[i]!) && i + 1 < words.length ? [words[i]!, words[++i]!] : [words[i]!])
  }
  return given
}

/** What the process may do, and which warnings its user does not want to see. */
const isOfProcess = ([name]: Given): boolean =>
  /^--((experimental-)?permission(-audit)?|allow-[\w-]+|(no-)?warnings|disable-warning)(=|$)/.test(name!)

/** Yarn's resolver, without which no package is found in a project that has no `node_modules`. */
const isResolver = (given: Given): boolean => /\.pnp\.(c?js|loader\.mjs)$/.test(given.at(-1)!)

/** Options that concern the loading of modules. */
const isOfLoading = ([name]: Given): boolean =>
  /^(-r|-C|--(require|import|loader|experimental-loader|conditions|enable-source-maps|preserve-symlinks))(=|$)/.test(
    name!
  )

/** Imports no module that a program could share with it. */
const isOurHook = (value: string): boolean =>
  /^(?:@giveway\/node\/register|.*[\\/]@?giveway[\\/].*[\\/]compiler[\\/]host[\\/]register\.js)$/.test(value)

/** Whether the process has options by which its threads load other modules than usual, or some before all others. */
export const changesLoading = ({ env, execArgv }: Origin): boolean =>
  givenIn([...wordsOf(env["NODE_OPTIONS"] ?? ""), ...execArgv]).some(
    (given) =>
      isOfLoading(given) &&
      !given[0]!.startsWith("--enable-source-maps") &&
      !isOurHook((given[1] ?? given[0]!).replace(/^--import=/, ""))
  )

/** For a thread of Giveway's own. `sources`: it runs from TypeScript sources, which the packages export under a condition. */
export const bare = ({ env, execArgv }: Origin, sources: boolean): ThreadOptions => {
  const { NODE_OPTIONS: nodeOptions = "", ...others } = env
  const kept = givenIn([...wordsOf(nodeOptions), ...execArgv]).filter(
    (given) => isOfProcess(given) || isResolver(given)
  )
  return { execArgv: [...kept.flat(), ...(sources ? ["--conditions=giveway-source"] : [])], env: others }
}

const isInputType = ([name]: Given): boolean => /^--(experimental-default-type|input-type)(=|$)/.test(name!)

/**
 * For a compute worker: all that the process has, as Node does it by itself. Only for a program from the command line or from
 * standard input, where that does not work, are the options chosen.
 */
export const forJobs = ({ execArgv }: Origin): ThreadOptions => {
  const given = givenIn(execArgv)
  if (!given.some(isInputType)) return {}
  return { execArgv: given.filter((one) => isOfProcess(one) || isOfLoading(one)).flat() }
}
