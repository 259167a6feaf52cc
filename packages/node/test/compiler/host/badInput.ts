/**
 * Files that cannot be compiled, for the tests of register and of the bundlers: each still runs as it is and prints its
 * name. `said` is the note about it.
 */
export interface BadInput {
  readonly content: string | Uint8Array
  /** `undefined`: there is no note, because the file has no marks */
  readonly said: RegExp | undefined
}

const loop = `function f(n) { "use steppable"; while (n > 0) n-- }`
const statements = Array.from({ length: 40_000 }, (_, index) => `for (let i = 0; i < n; i++) n += i * ${index};`)
const large = `function f(n) { "use steppable"; ${statements.join("\n")} }`

export const badInputs: Readonly<Record<string, BadInput>> = {
  "unmarked.js": { content: `export {}\nconsole.log( "unmarked.js" )`, said: undefined },
  "latin1.js": {
    content: Buffer.from(`export {}\n${loop}\nf("caf\u00e9".length)\nconsole.log("latin1.js")`, "latin1"),
    said: /latin1\.js:1:1: the file is not UTF-8 and is left alone/
  },
  "common.cjs": {
    content: `${loop}\nf(2)\nconsole.log("common.cjs", typeof module)`,
    said: /common\.cjs:1:1: a CommonJS module has no yield points and is left alone/
  },
  "generated.js": {
    content: `export {}\n${large}\nconsole.log("generated.js")`,
    said: /generated\.js:1:1: the file takes too long to analyse and is left alone/
  },
  "refused.js": {
    content: `export {}\nlet calls = 0\nfunction f(n) { "use steppable"; while (n-- > 0) eval("calls++") }\nf(3)\nconsole.log("refused.js", calls)`,
    said: /refused\.js:3:.*eval may use any variable/
  }
}
