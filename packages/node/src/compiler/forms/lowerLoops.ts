/**
 * Loops to steps. A loop without yield points inside runs in chunks (`loops.ts`); a loop with yield points inside has a check
 * in each round. `for-of` reads arrays by index and other iterables by steps (`iterables.ts`), and closes its iterator on
 * every way out.
 *
 * The statements inside are lowered by {@link Around}, which lowers the function.
 */
import type { ForOfStatement } from "oxc-parser"
import { callsSteppable } from "../decide/calls.ts"
import type { Replace, Unit } from "../emit/unit.ts"
import type { Expressions } from "./expressions.ts"
import type { Frames } from "./frames.ts"
import type { Iteration, Reading } from "../emit/iterables.ts"
import * as iterables from "../emit/iterables.ts"
import type { ChunkContext } from "../emit/loops.ts"
import { chunked, chunkedForOf, isChunkable, jumpsTo } from "../emit/loops.ts"
import { isShort } from "../decide/rounds.ts"
import type { Kept, RoundCounter, Step } from "./steps.ts"
import type { Loop, Node } from "../read/syntax.ts"
import { isLoop, someOwn } from "../read/syntax.ts"
import { Unsuited } from "../decide/variables.ts"
import { chunkOf } from "../decide/weight.ts"

/** The parts of the lowering of a function that its loops need. */
export interface Around {
  readonly unit: Unit
  readonly frames: Frames
  readonly expressions: Expressions
  /** the code that replaces `break` and `continue` statements */
  readonly jumps: Map<Node, string>
  readonly replace: Replace
  /** whether some yield point of the function stands in a `try` with a `finally` */
  readonly finishes: boolean
  /** a number for the names that the next loop or switch needs */
  readonly label: () => number
  readonly text: (node: Node) => string
  readonly declarationText: (statement: Node) => string
  readonly list: (statements: ReadonlyArray<Node>) => ReadonlyArray<Step>
}

export class LoopLowering {
  /** counters of rounds that no frame keeps */
  readonly counters: Array<RoundCounter> = []
  private readonly around: Around
  private readonly expressions: Expressions
  private readonly frames: Frames
  private readonly unit: Unit

  constructor(around: Around) {
    this.around = around
    this.expressions = around.expressions
    this.frames = around.frames
    this.unit = around.unit
  }

  /** `while`, `do` and `for` with a yield point inside, or in each chunk of rounds. */
  loop(loop: Loop, names: ReadonlyArray<string>, steps: Array<Step>): void {
    const { unit } = this
    const { classification, scopes } = unit
    if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") {
      throw new Unsuited("a for-in loop has a yield point inside")
    }
    const { hide, kept, leave } = this.frames.enter(loop)
    steps.push(...hide)
    let init = ";"
    if (loop.type === "ForStatement" && loop.init !== null) {
      if (callsSteppable(loop.init, classification, scopes))
        throw new Unsuited("a loop's head calls a steppable function")
      const { init: first } = loop
      init =
        first.type === "VariableDeclaration"
          ? `${this.around.declarationText(first)};`
          : `(${this.around.text(first)});`
      this.frames.declare(first)
    }
    if (isChunkable(unit, loop)) {
      const point = this.frames.nextPoint()
      const frame = this.frames.frame()
      const text = chunked(unit, loop, names, `${unit.prefix}l${this.around.label()}`, this.chunks(point, frame))
      steps.push({ kind: "chunked", point, kept, init: init === ";" ? "" : init, loop: text })
      leave()
      return
    }
    const { check, out, round } = this.rounds(loop, names)
    const update = loop.type === "ForStatement" && loop.update !== null ? loop.update : undefined
    if (update !== undefined && callsSteppable(update, classification, scopes)) {
      throw new Unsuited("a loop's head calls a steppable function")
    }
    const first = loop.type === "DoWhileStatement" ? "body" : "test"
    const body: Array<Step> = [check]
    let test = ""
    if (loop.test !== null) {
      if (!callsSteppable(loop.test, classification, scopes)) {
        test = this.around.text(loop.test)
      } else if (first === "body") {
        throw new Unsuited("a loop's head calls a steppable function")
      } else {
        this.frames.forget()
        const value = this.expressions.expression(loop.test, loop.test, body)
        body.push({ kind: "code", text: `if (!(${value})) break ${out};`, again: `if (!(${value})) break ${out};` })
      }
    }
    body.push(...this.around.list([loop.body]))
    leave()
    steps.push({
      kind: "loop",
      first,
      kept,
      init,
      test,
      update: update === undefined ? "" : this.around.text(update),
      out,
      round,
      body
    })
  }

  /** The labels and the check of a loop with yield points inside. */
  private rounds(
    loop: Loop,
    names: ReadonlyArray<string>
  ): { readonly out: string; readonly round: string; readonly check: Step } {
    const { largestChunk, prefix, scopes } = this.unit
    const number = this.around.label()
    const out = `${prefix}b${number}`
    const round = `${prefix}c${number}`
    const { breaks, continues } = jumpsTo(loop, names)
    for (const jump of breaks) this.around.jumps.set(jump, `break ${out};`)
    for (const jump of continues) this.around.jumps.set(jump, `break ${round};`)
    const { rounds: between, weight } = chunkOf([loop.body], scopes, largestChunk)
    const counter = `${prefix}n${number}`
    this.counters.push({ counter, between })
    const point = this.frames.nextPoint()
    const check: Step = { kind: "check", point, weight, kept: this.frames.frame(), rounds: { counter, between } }
    return { out, round, check }
  }

  private chunks(point: number, frame: ReadonlyArray<Kept>): ChunkContext {
    const { around, unit } = this
    const { finishes, jumps, replace } = around
    const leave = this.frames.leave(point, frame, finishes)
    const check = (weight: number): string => `if ((${unit.prefix}budget[0] -= ${weight}) < 0) ${leave}`
    return { check, replace, jumps }
  }

  forOf(loop: ForOfStatement, names: ReadonlyArray<string>, steps: Array<Step>): void {
    const { frames, unit } = this
    const objection = iterables.objection(unit, loop)
    if (objection !== undefined) throw new Unsuited(objection)
    const value = this.expressions.expression(loop.right, loop, steps)
    const temporary = (): string => frames.temporary()
    const iteration = { source: temporary(), cursor: temporary(), index: temporary(), length: temporary() }
    const open = iterables.opening(unit, loop, iteration, value)
    steps.push({ kind: "code", text: open, again: open })
    const { cursor, index, source } = iteration
    if (someOwn(loop.body, (inner) => isLoop(inner) && !isShort(inner, unit.scopes))) {
      steps.push(this.closed(loop, names, iteration, "either", [source, cursor, index]))
      return
    }
    const yes = frames.nested(() => [this.forOfLoop(loop, names, iteration, "by index", [source, index])])
    const no = frames.nested(() => [this.closed(loop, names, iteration, "by steps", [cursor])])
    steps.push({ kind: "if", test: iterables.isIndexed(iteration), yes, no })
  }

  /** A loop that closes its iterator. */
  private closed(
    loop: ForOfStatement,
    names: ReadonlyArray<string>,
    iteration: Iteration,
    reading: Reading,
    held: ReadonlyArray<string>
  ): Step {
    const error = `${this.unit.prefix}y`
    const failing = iterables.failing(iteration, reading, error)
    return {
      kind: "try",
      body: [this.forOfLoop(loop, names, iteration, reading, held)],
      handler: { parameter: `(${error})`, kept: [], body: [{ kind: "code", text: failing, again: failing }] },
      finalizer: `{ ${iterables.closing(iteration, reading)} }`
    }
  }

  /** `held`: the variables of the iterator that its frames keep. */
  private forOfLoop(
    loop: ForOfStatement,
    names: ReadonlyArray<string>,
    iteration: Iteration,
    reading: Reading,
    held: ReadonlyArray<string>
  ): Step {
    const leave = this.frames.hold(held)
    const lower = isChunkable(this.unit, loop) ? this.chunkedForOf : this.forOfRounds
    const step = lower.call(this, loop, names, iteration, reading)
    leave()
    return step
  }

  private chunkedForOf(
    loop: ForOfStatement,
    names: ReadonlyArray<string>,
    iteration: Iteration,
    reading: Reading
  ): Step {
    const { prefix } = this.unit
    const point = this.frames.nextPoint()
    const context = this.chunks(point, this.frames.frame())
    const text = chunkedForOf(this.unit, loop, names, `${prefix}l${this.around.label()}`, iteration, reading, context)
    return { kind: "chunked", point, kept: [], init: "", loop: text }
  }

  private forOfRounds(
    loop: ForOfStatement,
    names: ReadonlyArray<string>,
    iteration: Iteration,
    reading: Reading
  ): Step {
    const { frames, unit } = this
    const { check, out, round } = this.rounds(loop, names)
    const ending = iterables.ending(unit, iteration, reading, out)
    const { hide, kept, leave } = frames.enter(loop)
    const binding = (again: boolean): string =>
      iterables.binding(loop, iteration, reading, (node) => this.around.text(node), again)
    const steps: Array<Step> = [{ kind: "code", text: binding(false), again: binding(true) }]
    frames.declare(loop.left)
    steps.push(...this.around.list([loop.body]))
    leave()
    const body: ReadonlyArray<Step> = [
      check,
      { kind: "code", text: ending, again: ending },
      ...hide,
      { kind: "block", kept, body: steps }
    ]
    return { kind: "loop", first: "test", kept: [], init: "", test: "", update: "", out, round, body }
  }
}
