/**
 * Generators that are handlers of `Task.stream`: their compiled form has the elements, the end and the order of the plain one,
 * however often it gives way, and wherever it is left.
 */
import { jobElements } from "@giveway/core/Platform"
import * as Steppable from "@giveway/core/Steppable"
import { assert, describe, it } from "vitest"
import { compile } from "../../src/compiler/host/compile.ts"

/** Declarations, and the handler that the last statement gives to `Task.stream`. `o` records what happens. */
const programs: Readonly<Record<string, string>> = {
  "its own loop": `task(function* (n) { for (let i = 0; i < n; i++) { o(i); if (i % 3 === 0) yield i } return o("end") })`,
  "a yield in an expression": `task(function* (n) { let s = 0; for (let i = 0; i < n; i++) s += i; o(yield s); o((yield 1) ?? (yield 2), yield) })`,
  "a function that it calls": `
    const sum = (n) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }
    task(function* (n) { yield sum(n); yield [sum(n), sum(n + 1)]; yield* [sum(2), sum(3)] })`,
  "a function that throws": `
    const fails = (n) => { for (let i = 0; ; i++) if (i === n) throw new Error("at " + i) }
    task(function* (n) { yield 1; try { yield fails(n) } catch (error) { yield error.message } finally { o("finally") } yield fails(n) })`,
  "generators that it delegates to": `
    function* inner(n) { try { for (let i = 0; i < n; i++) yield o(i) } finally { o("inner") } return n }
    const deep = function* (n) { if (n > 0) yield* deep(n - 1); yield n }
    task(function* (n) { o(yield* inner(n)); yield* deep(3); o(yield* inner(2)) })`,
  "iterables that it delegates to": `
    const closing = (n) => ({ [Symbol.iterator]: () => { let i = 0; return { next: () => o({ done: i === n, value: i++ }), return: () => o({}) } } })
    const failing = { [Symbol.iterator]: () => ({ next: () => { throw new Error("next") }, return: () => o("returned") }) }
    task(function* (n) { for (let i = 0; i < n; i++) o(i); o(yield* closing(n)); yield* "ab"; yield* failing })`,
  "a handler that returns a generator": `
    function* rows(n, m = o("default")) { for (let i = 0; i < n; i++) yield i }
    task((n) => rows(n + 1))`,
  "a handler that returns one without yield points": `
    function* two(n) { try { yield n; yield n + 1 } finally { o("two") } }
    const sum = (n) => { let s = 0; for (let i = 0; i < n; i++) s += i; return s }
    task((n) => { return two(sum(n)) })`,
  "a finally that emits": `task(function* (n) { try { for (let i = 0; i < n; i++) yield i } finally { yield o("late"); o("later") } })`,
  "labels, breaks and nested loops": `task(function* (n) {
    outer: for (let i = 0; i < n; i++) { for (const x of [1, 2, 3]) { if (x === 2) continue outer; if (i === 4) break outer; yield [i, x] } }
  })`,
  "a generator of its own, walked": `
    function* inner(n) { for (let i = 0; i < n; i++) yield o(i) }
    task(function* (n) { for (const x of inner(n)) { if (x === 3) return; yield x } })`,
  "arguments and this": `task(function* (n) { o(this === undefined, arguments.length); for (let i = 0; i < n; i++) yield arguments[0] + i })`
}

/** The handler, and its twin if it is compiled. */
const load = (body: string, o: (value: unknown) => unknown, largestChunk: number) => {
  // the compiler knows the mark by its import
  const source = `import { Task } from "@giveway/core"\n${body.replace("task(", "Task.stream(url, 'it', {}, ")}`
  const { code, decisions } = compile(source, { file: "program.js", largestChunk })
  const runnable = code
    .replace(
      /import \{([^}]*)\} from "@giveway\/core\/Steppable";/,
      (_, names: string) => `const {${names.replaceAll(" as ", ": ")}} = runtime;`
    )
    .replace(/import \{ Task \} from "@giveway\/core"/, "")
  let handler: ((n: number) => Iterable<unknown>) | undefined
  const Task = { stream: (_url: string, _name: string, _options: object, f: typeof handler) => (handler = f) }
  // oxlint-disable-next-line no-implied-eval -- the programs are made here
  new Function("runtime", "o", "Task", "url", `"use strict"; ${runnable}`)(Steppable, o, Task, "url")
  return { handler: handler!, twin: jobElements.twinOf(handler!), decisions }
}

interface Source {
  readonly next: () => { readonly element: unknown } | undefined
  readonly close: () => void
}

/** All that can be seen of a run whose consumer leaves after `most` elements. */
const seen = (body: string, most: number, largestChunk: number, open: (loaded: ReturnType<typeof load>) => Source) => {
  const log: Array<string> = []
  const show = (value: unknown): string =>
    (value instanceof Error ? value.message : JSON.stringify(value)) ?? "undefined"
  const o = (value: unknown): unknown => (log.push(show(value)), value)
  try {
    const source = open(load(body, o, largestChunk))
    let taken = 0
    for (;;) {
      if (taken === most) {
        source.close()
        break
      }
      const step = source.next()
      if (step === undefined) break
      taken++
      log.push(`element ${show(step.element)}`)
    }
    log.push("ended")
  } catch (error) {
    log.push(`threw ${show(error)}`)
  }
  return log
}

const plain = ({ handler }: ReturnType<typeof load>): Source => {
  const iterator = handler(5)[Symbol.iterator]()
  return {
    next: () => {
      const { done, value } = iterator.next()
      return done === true ? undefined : { element: value }
    },
    // a for-of that is left ignores what `return` gives; a generator that yields there is not asked again
    close: () => {
      while (iterator.return?.().done === false) if (iterator.next().done === true) break
    }
  }
}

/** Suspended at each yield point; every second time it gives way, too. */
const compiled = ({ decisions, twin }: ReturnType<typeof load>): Source => {
  assert.isDefined(twin, JSON.stringify(decisions))
  let polls = 0
  const renew = () => {
    Steppable.budget[0] = 0
  }
  const elements = new jobElements.Elements(twin!, [5], {
    begin: renew,
    poll: () => (renew(), ++polls % 2 === 0)
  })
  return {
    next: () => {
      for (;;) {
        const element = elements.next()
        if (element === jobElements.ended) return undefined
        if (element !== Steppable.SUSPENDED) return { element }
      }
    },
    close: () => elements.close()
  }
}

describe("a generator whose elements a job takes", () => {
  for (const [name, body] of Object.entries(programs)) {
    it(`emits what the plain one does: ${name}`, () => {
      for (const most of [Infinity, 1, 2, 4]) {
        for (const largestChunk of [1, 1024]) {
          const expected = seen(body, most, largestChunk, plain)
          assert.deepStrictEqual(
            seen(body, most, largestChunk, compiled),
            expected,
            `${most} of chunks of ${largestChunk}`
          )
        }
      }
    })
  }

  it("is called as it is by other code, which walks it without yield points", () => {
    const { code } = compile(
      `import { Task } from "@giveway/core"
      function* rows(n) { for (let i = 0; i < n; i++) yield i }
      Task.stream(import.meta.url, "rows", {}, rows)
      Task.make(import.meta.url, "sum", {}, (n) => { let s = 0; for (const i of rows(n)) s += i; return s + [...rows(n)].length })`,
      { file: "program.js" }
    )
    assert.notMatch(code, /=== \$ySUSPENDED/)
  })
})
