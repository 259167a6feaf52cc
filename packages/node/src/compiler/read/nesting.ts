/**
 * How deep a source is nested, as far as its text tells.
 *
 * The parser is native code and recursive: it ends the process when the stack is full. Some 4000 brackets fill the stack of
 * a main thread, and half as many that of a worker. That is more than V8 can parse; but a chain of 100,000 operators fills
 * it, too, and generated programs have chains of that length.
 *
 * Rejected: an exact answer. The scan skips strings and comments; it takes templates and regular expressions for code,
 * whose brackets are mostly balanced.
 */

/** The cost of a level on the parser's stack, measured: of brackets, of `a => b => c` and `a ? b : c ? d : e`, of operators. */
const bracket = 16
const branch = 4
const operator = 1

/** A worker's stack holds more brackets than these 1500, and fewer than twice as many. */
const deepest = 1500 * bracket

const tokens =
  /\/\/.*|\/\*[^]*?\*\/|"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'|[([{]|[)\]}]|[;,]|=>|\?|[-+*/%&|^!~.<>:]|\b(?:class|const|delete|else|export|function|if|in|instanceof|let|new|return|typeof|var|void)\b/g

const begins = /^(?:[;,]|class|const|export|function|let|return|var)/
const isText = /^(?:["']|\/[/*])/

/** Whether `text` is nested deeper than the compiler can follow. */
export const isTooDeep = (text: string): boolean => {
  /** the cost of everything that is open, at each bracket level */
  const levels: Array<number> = [0]
  let sum = 0
  const add = (cost: number): void => {
    sum += cost
    levels[levels.length - 1]! += cost
  }
  for (const [token] of text.matchAll(tokens)) {
    if (isText.test(token)) continue
    if (token === "(" || token === "[" || token === "{") {
      levels.push(0)
      add(bracket)
    } else if (token === ")" || token === "]" || token === "}") {
      sum -= levels.pop()!
      if (levels.length === 0) levels.push(0)
      // `a()()` is nested, too
      add(operator)
    } else if (begins.test(token)) {
      add(-levels[levels.length - 1]! + (levels.length > 1 ? bracket : 0))
    } else {
      add(token === "=>" || token === "?" ? branch : operator)
    }
    if (sum > deepest) return true
  }
  return false
}
