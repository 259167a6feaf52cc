/**
 * A one-way constraint solver: constraints of several classes keep variables equal, or scaled, to others, the stronger ones
 * first; a change is planned once and carried out many times.
 */

/** Strengths of constraints; a smaller number is stronger. */
const required = 0
const preferred = 2
const strongDefault = 3
const normal = 4
const weakest = 6

class Variable {
  value: number
  readonly constraints: Array<Constraint> = []
  determinedBy: Constraint | undefined
  mark = 0
  strength = weakest
  stays = true

  constructor(value: number) {
    this.value = value
  }

  remove(constraint: Constraint): void {
    const at = this.constraints.indexOf(constraint)
    if (at >= 0) this.constraints.splice(at, 1)
    if (this.determinedBy === constraint) this.determinedBy = undefined
  }
}

abstract class Constraint {
  readonly strength: number

  constructor(strength: number) {
    this.strength = strength
  }

  abstract isSatisfied(): boolean
  abstract isInput(): boolean
  abstract addToGraph(): void
  abstract removeFromGraph(): void
  /** Chooses the variable that this constraint is going to determine, if it is strong enough. */
  abstract choose(mark: number): void
  abstract unsatisfy(): void
  abstract output(): Variable
  abstract markInputs(mark: number): void
  abstract inputsKnown(mark: number): boolean
  abstract recalculate(): void
  abstract execute(): void

  /** Satisfies this constraint, and gives back the one that it overrides. */
  satisfy(mark: number, planner: Planner): Constraint | undefined {
    this.choose(mark)
    if (!this.isSatisfied()) {
      if (this.strength === required) throw new Error("a required constraint cannot be satisfied")
      return undefined
    }
    this.markInputs(mark)
    const out = this.output()
    const overridden = out.determinedBy
    if (overridden !== undefined) overridden.unsatisfy()
    out.determinedBy = this
    if (!planner.propagate(this, mark)) throw new Error("the constraints form a cycle")
    out.mark = mark
    return overridden
  }
}

abstract class Unary extends Constraint {
  protected readonly variable: Variable
  private satisfied = false

  constructor(variable: Variable, strength: number) {
    super(strength)
    this.variable = variable
  }

  isSatisfied(): boolean {
    return this.satisfied
  }

  isInput(): boolean {
    return false
  }

  addToGraph(): void {
    this.variable.constraints.push(this)
    this.satisfied = false
  }

  removeFromGraph(): void {
    this.variable.remove(this)
    this.satisfied = false
  }

  choose(mark: number): void {
    this.satisfied = this.variable.mark !== mark && this.strength < this.variable.strength
  }

  unsatisfy(): void {
    this.satisfied = false
  }

  output(): Variable {
    return this.variable
  }

  markInputs(): void {}

  inputsKnown(): boolean {
    return true
  }

  recalculate(): void {
    this.variable.strength = this.strength
    this.variable.stays = !this.isInput()
    if (this.variable.stays) this.execute()
  }

  execute(): void {}
}

class Stay extends Unary {}

class Edit extends Unary {
  override isInput(): boolean {
    return true
  }
}

const none = 0
const forward = 1
const backward = 2

abstract class Binary extends Constraint {
  protected readonly first: Variable
  protected readonly second: Variable
  protected direction = none

  constructor(first: Variable, second: Variable, strength: number) {
    super(strength)
    this.first = first
    this.second = second
  }

  isSatisfied(): boolean {
    return this.direction !== none
  }

  isInput(): boolean {
    return false
  }

  addToGraph(): void {
    this.first.constraints.push(this)
    this.second.constraints.push(this)
    this.direction = none
  }

  removeFromGraph(): void {
    this.first.remove(this)
    this.second.remove(this)
    this.direction = none
  }

  choose(mark: number): void {
    const { first, second, strength } = this
    if (first.mark === mark) {
      this.direction = second.mark !== mark && strength < second.strength ? forward : none
    } else if (second.mark === mark) {
      this.direction = strength < first.strength ? backward : none
    } else if (first.strength > second.strength) {
      this.direction = strength < first.strength ? backward : none
    } else {
      this.direction = strength < second.strength ? forward : none
    }
  }

  unsatisfy(): void {
    this.direction = none
  }

  source(): Variable {
    return this.direction === forward ? this.first : this.second
  }

  output(): Variable {
    return this.direction === forward ? this.second : this.first
  }

  markInputs(mark: number): void {
    this.source().mark = mark
  }

  inputsKnown(mark: number): boolean {
    const from = this.source()
    return from.mark === mark || from.stays || from.determinedBy === undefined
  }

  recalculate(): void {
    const from = this.source()
    const to = this.output()
    to.strength = Math.max(this.strength, from.strength)
    to.stays = from.stays
    if (to.stays) this.execute()
  }
}

class Equal extends Binary {
  execute(): void {
    this.output().value = this.source().value
  }
}

class Scale extends Binary {
  private readonly factor: Variable
  private readonly offset: Variable

  constructor(from: Variable, factor: Variable, offset: Variable, to: Variable, strength: number) {
    super(from, to, strength)
    this.factor = factor
    this.offset = offset
  }

  override addToGraph(): void {
    super.addToGraph()
    this.factor.constraints.push(this)
    this.offset.constraints.push(this)
  }

  override removeFromGraph(): void {
    super.removeFromGraph()
    this.factor.remove(this)
    this.offset.remove(this)
  }

  override markInputs(mark: number): void {
    super.markInputs(mark)
    this.factor.mark = mark
    this.offset.mark = mark
  }

  override recalculate(): void {
    const from = this.source()
    const to = this.output()
    to.strength = Math.max(this.strength, from.strength)
    to.stays = from.stays && this.factor.stays && this.offset.stays
    if (to.stays) this.execute()
  }

  execute(): void {
    const { factor, first, offset, second } = this
    if (this.direction === forward) second.value = first.value * factor.value + offset.value
    else first.value = (second.value - offset.value) / factor.value
  }
}

class Planner {
  private mark = 0

  add(constraint: Constraint): void {
    constraint.addToGraph()
    this.incorporate(constraint)
  }

  /** Satisfies `constraint`, then what it overrides, and so on. */
  incorporate(constraint: Constraint): void {
    const mark = ++this.mark
    let next = constraint.satisfy(mark, this)
    while (next !== undefined) next = next.satisfy(mark, this)
  }

  remove(constraint: Constraint): void {
    const out = constraint.output()
    constraint.unsatisfy()
    constraint.removeFromGraph()
    const unsatisfied = this.withdraw(out)
    for (let strength = required; strength <= weakest; strength++) {
      for (const each of unsatisfied) if (each.strength === strength) this.incorporate(each)
    }
  }

  /** What follows from `constraint` is recalculated; `false` if that leads back to it. */
  propagate(constraint: Constraint, mark: number): boolean {
    const pending: Array<Constraint> = [constraint]
    while (pending.length > 0) {
      const next = pending.pop()!
      const out = next.output()
      if (out.mark === mark) {
        this.remove(constraint)
        return false
      }
      next.recalculate()
      this.addConsumers(out, pending)
    }
    return true
  }

  /** What `out` determined is undone; gives back what may be satisfied now. */
  private withdraw(out: Variable): Array<Constraint> {
    out.determinedBy = undefined
    out.strength = weakest
    out.stays = true
    const unsatisfied: Array<Constraint> = []
    const pending: Array<Variable> = [out]
    while (pending.length > 0) {
      const variable = pending.pop()!
      for (const each of variable.constraints) if (!each.isSatisfied()) unsatisfied.push(each)
      for (const each of variable.constraints) {
        if (each === variable.determinedBy || !each.isSatisfied()) continue
        each.recalculate()
        pending.push(each.output())
      }
    }
    return unsatisfied
  }

  private addConsumers(variable: Variable, into: Array<Constraint>): void {
    for (const each of variable.constraints) {
      if (each !== variable.determinedBy && each.isSatisfied()) into.push(each)
    }
  }

  /** The constraints to execute, in order, when the values of `sources` change. */
  plan(sources: ReadonlyArray<Constraint>): Array<Constraint> {
    const mark = ++this.mark
    const plan: Array<Constraint> = []
    const pending = sources.filter((each) => each.isInput() && each.isSatisfied())
    while (pending.length > 0) {
      const next = pending.pop()!
      const out = next.output()
      if (out.mark === mark || !next.inputsKnown(mark)) continue
      plan.push(next)
      out.mark = mark
      this.addConsumers(out, pending)
    }
    return plan
  }
}

const change = (planner: Planner, variable: Variable, value: number): void => {
  const edit = new Edit(variable, preferred)
  planner.add(edit)
  const plan = planner.plan([edit])
  for (let i = 0; i < 10; i++) {
    variable.value = value
    for (const each of plan) each.execute()
  }
  planner.remove(edit)
}

/** A chain of equal variables: what changes at one end arrives at the other. */
const chain = (length: number, rounds: number): number => {
  const planner = new Planner()
  const variables = Array.from({ length: length + 1 }, () => new Variable(0))
  for (let i = 0; i < length; i++) planner.add(new Equal(variables[i]!, variables[i + 1]!, required))
  const first = variables[0]!
  const last = variables[length]!
  planner.add(new Stay(last, strongDefault))
  const edit = new Edit(first, preferred)
  planner.add(edit)
  const plan = planner.plan([edit])
  let sum = 0
  for (let i = 0; i < rounds; i++) {
    first.value = i
    for (const each of plan) each.execute()
    sum += last.value
  }
  planner.remove(edit)
  return sum
}

/** Pairs of variables, each scaled to the other: either side may change, and so may the scale. */
const projection = (count: number): number => {
  const planner = new Planner()
  const factor = new Variable(10)
  const offset = new Variable(1000)
  const sources: Array<Variable> = []
  const targets: Array<Variable> = []
  for (let i = 0; i < count; i++) {
    const from = new Variable(i)
    const to = new Variable(i)
    sources.push(from)
    targets.push(to)
    planner.add(new Stay(from, normal))
    planner.add(new Scale(from, factor, offset, to, required))
  }
  change(planner, sources[count - 1]!, 17)
  change(planner, targets[count - 1]!, 1050)
  change(planner, factor, 5)
  let sum = targets.reduce((total, each) => total + each.value, 0)
  change(planner, offset, 2000)
  sum += targets.reduce((total, each) => total + each.value, 0)
  return sum + sources[count - 1]!.value
}

export function run(rounds: number, size: number): number {
  "use steppable"
  let sum = 0
  for (let i = 0; i < rounds; i++) sum += chain(size, 100) + projection(size)
  return sum
}

export const input = (): Parameters<typeof run> => [2, 2000]

export const digest = (result: number): number => result
