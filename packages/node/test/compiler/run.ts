/**
 * Runs a program's `main` in its plain and in its steppable form, and gives everything that can be observed.
 */
import * as Steppable from "@giveway/core/Steppable"
import { compile } from "../../src/compiler/host/compile.ts"
import type { Compiled } from "../../src/compiler/host/compile.ts"
import type { Forms } from "../../src/compiler/forms/twin.ts"

/** Everything that a run shows: its result or its error, and the values that it recorded on the way. */
export interface Outcome {
  readonly end: string
  readonly log: ReadonlyArray<string>
}

type Main = (...args: ReadonlyArray<unknown>) => unknown

/** Enough to tell values apart; concatenated in loops, strings grow exponentially. */
const show = (value: unknown): string => {
  if (typeof value === "string" && value.length > 200) return `string of ${value.length}: ${value.slice(0, 100)}`
  if (typeof value === "function") return `function ${value.name}/${value.length}`
  if (typeof value === "object" && value !== null) {
    if (value instanceof Error) return `${value.name}: ${value.message}`
    try {
      return JSON.stringify(value, (_, inner: unknown) =>
        typeof inner === "string" && inner.length > 200
          ? show(inner)
          : typeof inner === "function" || inner === undefined || typeof inner === "symbol"
            ? String(typeof inner)
            : inner
      )
    } catch {
      return "unprintable"
    }
  }
  return typeof value === "symbol" ? "symbol" : Object.is(value, -0) ? "-0" : `${typeof value} ${String(value)}`
}

const limit = 200
const calls = 500

const observer = () => {
  const log: Array<string> = []
  const record = (value: unknown, ...more: ReadonlyArray<unknown>): unknown => {
    if (log.length > limit) throw new RangeError("too much recorded")
    log.push([value, ...more].map(show).join())
    return value
  }
  const all = (...values: ReadonlyArray<unknown>): Iterable<unknown> => ({
    [Symbol.iterator]: () => {
      let index = 0
      return {
        next: () => {
          record("next")
          return index < values.length ? { done: false, value: values[index++] } : { done: true, value: undefined }
        },
        return: () => {
          record("closed")
          return { done: true, value: undefined }
        }
      }
    }
  })
  const get = (initial: unknown) => {
    let value = initial
    return {
      get p() {
        record("get")
        return value
      },
      set p(to: unknown) {
        record("set")
        value = to
      }
    }
  }
  const list = (...values: ReadonlyArray<unknown>): Array<unknown> => {
    const made = [...values]
    made.length++
    if (values.length > 2) delete made[1]
    return made
  }
  const throwing = (value: unknown): Iterable<unknown> => ({
    [Symbol.iterator]: () => ({
      next: () => ({ done: false, value: record(value) }),
      return: () => {
        throw new Error(`closed after ${show(value)}`)
      }
    })
  })
  const traps: ProxyHandler<object> = {
    get: (of, key) => record(Reflect.get(of, key), "get", key),
    set: (of, key, value) => Reflect.set(of, key, record(value, "set", key)),
    ownKeys: (of) => (record("keys"), Reflect.ownKeys(of))
  }
  const proxy = (of: object): object => new Proxy(of, traps)
  const tag = (strings: TemplateStringsArray, ...values: ReadonlyArray<unknown>): unknown =>
    record(strings.raw.join("|"), ...values)
  let ticks = 0
  const tick = () => ticks++ > calls
  return { o: Object.assign(record, { all, get, list, proxy, tag, throwing, tick }), log }
}

const outcome = (run: (o: unknown) => unknown): Outcome => {
  const { log, o } = observer()
  try {
    return { end: `returned ${show(run(o))}`, log }
  } catch (error) {
    return { end: `threw ${show(error)}`, log }
  }
}

export interface Loaded {
  readonly main: Main
  readonly twin: Steppable.Twin | undefined
  readonly compiled: Compiled
}

/** Compiles `source` and evaluates it, without the module system: there are thousands of programs. */
export const load = (source: string, forms: Forms = "best", largestChunk?: number): Loaded => {
  const compiled = compile(source, { file: "program.js", forms, largestChunk })
  const code = compiled.code
    .replace(
      /import \{([^}]*)\} from "@giveway\/core\/Steppable";/,
      (_, names: string) => `const {${names.replaceAll(" as ", ": ")}} = runtime;`
    )
    .replace("export function main", "function main")
  // oxlint-disable-next-line no-implied-eval -- the programs are made here
  const main = new Function("runtime", `"use strict"; ${code}\nreturn main`)(Steppable) as Main
  return { main, twin: Steppable.twinOf(main), compiled }
}

/** Every argument pair that a program is run with. */
export const inputs: ReadonlyArray<ReadonlyArray<unknown>> = [
  [3, 2],
  ["x", undefined]
]

export const plain = (main: Main, args: ReadonlyArray<unknown>): Outcome => outcome((o) => main(o, ...args))

/** How much work may pass until the next suspension; 0 suspends at each yield point. */
export type Budgets = () => number

export const everywhere: Budgets = () => 0
export const nowhere: Budgets = () => 2 ** 31 - 1

/** Runs the steppable form, suspended wherever `budgets` has it; every second suspension ends the slice, too. */
export const sliced = (
  twin: Steppable.Twin,
  args: ReadonlyArray<unknown>,
  budgets: Budgets
): Outcome & { readonly suspensions: number } => {
  let suspensions = 0
  const renew = () => {
    Steppable.budget[0] = budgets()
  }
  const policy: Steppable.Policy = {
    begin: renew,
    poll: () => {
      renew()
      return ++suspensions % 2 === 0
    }
  }
  const seen = outcome((o) => {
    const activation = new Steppable.Activation()
    let result = activation.begin(twin, [o, ...args], policy)
    while (result === Steppable.SUSPENDED) result = activation.step(policy)
    return result
  })
  return { ...seen, suspensions }
}
