/** Errors thrown deep in sliced code: prints the stack of each, for comparison with the plain program. */
import { Pure } from "@giveway/core"
import * as Effect from "effect/Effect"
import { descend } from "./stacksBelow.ts"

Error.stackTraceLimit = 40

const work = (n: number): number => {
  "use steppable"
  let s = 0
  for (let i = 0; i < n; i++) s = (s * 31 + i) % 1009
  return s
}

const enough = 300_000

function last(depth: number): number {
  const s = work(enough)
  if (depth === 0) {
    throw new Error("at the bottom\n    of it")
  }
  return s
}

const recursive = (depth: number): number => {
  const s = work(enough)
  return depth > 0 ? s + recursive(depth - 1) : last(depth)
}

class Tree {
  readonly value: number
  readonly left: Tree | undefined

  constructor(value: number, left: Tree | undefined) {
    this.value = value
    this.left = left
  }

  depth(): number {
    const s = work(enough + this.value)
    if (this.left === undefined) throw new TypeError(`a leaf after ${s}`)
    return 1 + this.left.depth()
  }

  static of(depth: number): number {
    return new Tree(depth, new Tree(1, undefined)).depth() + work(1000)
  }
}

const tidies = (depth: number): number => {
  let closed = 0
  try {
    for (const each of [1, 2]) closed += work(each * 1000)
    return recursive(depth) + closed
  } finally {
    closed++
  }
}

const catches = (): string => {
  let seen = ""
  try {
    recursive(2)
  } catch (error) {
    seen = (error as Error).stack!
  }
  work(enough)
  return seen
}

const thrown = {
  recursion: Pure.fn("recursion", function start(): number {
    return recursive(3)
  }),
  "try and for-of": Pure.fn("tidies", function start(): number {
    return 1 + tidies(2)
  }),
  methods: Pure.fn("methods", function start(): number {
    return Tree.of(3)
  }),
  "another module": Pure.fn("below", function start(): number {
    const found = descend(2)
    return found
  }),
  frozen: Pure.fn("frozen", function start(): never {
    work(enough)
    throw Object.freeze(new Error("frozen"))
  }),
  "no error": Pure.fn("no error", function start(): never {
    work(enough)
    throw { stack: "its own" }
  })
}

const seen: Record<string, unknown> = {}
for (const [name, run] of Object.entries(thrown)) {
  const exit = await Effect.runPromise(Effect.flip(Effect.sandbox(run() as Effect.Effect<never>)))
  const [reason] = exit.reasons
  seen[name] = reason !== undefined && "defect" in reason ? (reason.defect as Error).stack : "none"
}
seen["caught"] = await Effect.runPromise(Pure.fn("catches", catches)())
console.log(JSON.stringify({ compiled: Object.values(thrown).map(Pure.isCompiled), seen }))
