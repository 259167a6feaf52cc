/**
 * Which functions get a steppable twin, which stay native, and which are refused.
 *
 * The call graph is followed from the marked functions (the **roots**) through calls by name. A function needs a twin if
 * it can run long: it has a loop without a small constant bound, it is recursive, it calls an array method with a
 * callback, or it calls a function that needs a twin.
 *
 * Every other function is called in its plain form. That is always right; the plain form only has no yield points. One
 * exception: a short method that shares its name with a method that needs a twin gets a twin, too, so that a call finds all
 * of them in the same way.
 *
 * **Refused** is a root that the compiler cannot express, as an async function. A root that changes state which outlives the call is not
 * refused: it waits until no other activation is in the middle of that (`touched.ts`).
 */
import type { Program } from "oxc-parser"
import { builtinCall } from "./builtins.ts"
import type { Delegation, Twins } from "./calls.ts"
import {
  calledFunction,
  calledMethod,
  constructorFunction,
  constructorsOf,
  delegation,
  forwarding,
  isShortCut,
  isSteppableCall,
  meaningsOf,
  meant,
  meantBySuper,
  optionalCall
} from "./calls.ts"
import type { Method } from "./declared.ts"
import { literalMethods, methodsOf, names, variablesOf } from "./declared.ts"
import type { Diagnostic } from "../read/diagnostic.ts"
import * as diagnostic from "../read/diagnostic.ts"
import * as graph from "../read/graph.ts"
import type { Marks } from "./marks.ts"
import { functionOf } from "./marks.ts"
import { hasPlainParameters, isSuperCall, obstacle } from "./objections.ts"
import { languageCalls } from "./receivers.ts"
import { isShort } from "./rounds.ts"
import { longGetters, unseen } from "./unseen.ts"
import { lineColumnsIn } from "../read/lines.ts"
import type { Scopes } from "../read/scope.ts"
import { isConstant, ownName } from "../read/scope.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isClass, isFunction, isLoop, someOwn, usesLexical, walk, walkOwn } from "../read/syntax.ts"

/** The result for a function, for `giveway compile` and for tests. */
export interface Decision {
  readonly name: string
  readonly line: number
  /** `effect`: a generator of effects with yield points in its loops; `worker`: inline work, which workers run */
  readonly form: "re-entrant" | "generator" | "native" | "refused" | "effect" | "worker"
  /** why it has no faster form */
  readonly reason?: string | undefined
  /** of a refused function: what to write instead, and the position of the objection */
  readonly fix?: string | undefined
  readonly at?: { readonly line: number; readonly column: number } | undefined
}

export interface Classification extends Twins {
  /** functions that call themselves, directly or not: their entry is a yield point */
  readonly recursive: ReadonlySet<AnyFunction>
  /** roots whose twin is attached to the plain function */
  readonly roots: ReadonlySet<AnyFunction>
  /** functions below a root that stay native, each with the reason */
  readonly native: ReadonlyMap<AnyFunction, string>
  readonly refused: ReadonlyMap<AnyFunction, Diagnostic>
  readonly nameOf: (node: AnyFunction) => string
  /** the variable that a statement declares for a function; the twin stands at the end of that statement */
  readonly variableOf: ReadonlyMap<AnyFunction, string>
  readonly methods: ReadonlyMap<AnyFunction, Method>
  /** arguments of array methods that may be steppable functions, and these functions */
  readonly callbacks: ReadonlyMap<Node, AnyFunction>
  /** functions that go on in their twin if they are called through a value */
  readonly hearing: ReadonlySet<AnyFunction>
  /** those among them that no call names: their twin stands in their prologue */
  readonly valued: ReadonlySet<AnyFunction>
  /** constructors of classes that hear, with the name that their class has inside */
  readonly constructorNames: ReadonlyMap<AnyFunction, string>
  /** methods of object literals, with their names, by literal: those that are `valued` know themselves by a variable around the literal */
  readonly literals: ReadonlyMap<Node, ReadonlyMap<AnyFunction, string>>
  /** functions whose twin takes `this` as its first parameter */
  readonly selfFirst: ReadonlySet<AnyFunction>
  /** the methods of the module's own classes and objects that have a twin, by name: a call is likely to mean one of them */
  readonly ownMethods: ReadonlyMap<string, ReadonlyArray<AnyFunction>>
}

export const classify = (
  program: Program,
  text: string,
  file: string,
  scopes: Scopes,
  marks: Marks,
  sloppy: ReadonlyMap<AnyFunction, string> = new Map()
): Classification => {
  const known = names(program)
  const variableOf = variablesOf(program, scopes)
  const { all: methods, private: privateCalls, unsure } = methodsOf(program, scopes)
  const ofLanguage = languageCalls(program, scopes)
  const byName = new Map<string, Array<AnyFunction>>()
  for (const [node, { name }] of methods) {
    const known = byName.get(name)
    if (known === undefined) byName.set(name, [node])
    else known.push(node)
  }
  const marked = new Set<AnyFunction>(marks.directives)
  const inline = new Set<AnyFunction>()
  const givenNames = new Map<AnyFunction, string>()
  /** roots that may be suspended while others run */
  const sliced = new Set<AnyFunction>(marks.directives)
  for (const { argument, kind, name, target } of marks.calls) {
    if (target === undefined) continue
    marked.add(target)
    if (kind === "pure") sliced.add(target)
    if (target === argument) inline.add(target)
    if (name !== undefined) givenNames.set(target, name)
  }
  const nameOf = (node: AnyFunction): string =>
    known.get(node) ?? methods.get(node)?.name ?? givenNames.get(node) ?? "anonymous"

  // the call graph below the roots
  const callees = new Map<AnyFunction, ReadonlySet<AnyFunction>>()
  /** the same, with all functions that the graph of names knows */
  const means = new Map<AnyFunction, Set<AnyFunction>>()
  const meanings = meaningsOf(program, scopes)
  const constructors = constructorsOf(program)
  const literals = literalMethods(program)
  /** calls of property names, with the functions that they mean */
  const calls: Array<{ readonly call: Node; readonly functions: ReadonlyArray<AnyFunction> | undefined }> = []
  const callsValues = new Set<AnyFunction>()
  const optional = new Set<Node>()
  const supers: Array<readonly [from: Set<AnyFunction>, to: ReadonlyArray<AnyFunction>]> = []
  const native = new Map<AnyFunction, string>()
  const refused = new Map<AnyFunction, Diagnostic>()
  const refuse = (root: AnyFunction, at: Node, reason: string, fix: string): void => {
    refused.set(root, { ...diagnostic.make(file, text, at.start, reason, fix), refused: nameOf(root) })
  }
  const callsBuiltins = new Set<AnyFunction>()
  const callbacks = new Map<Node, AnyFunction>()
  /** generators whose elements a job takes, and handlers that return one */
  const emitters = new Set<AnyFunction>()
  for (const { emits, target } of marks.calls) {
    if (target === undefined || !emits || sliced.has(target)) continue
    if (target.generator || forwarding(target, scopes) !== undefined) emitters.add(target)
  }
  const generatorCalls: Array<readonly [caller: AnyFunction, generator: AnyFunction]> = []
  // whatever the module defines may be called through a value
  const pending = marked.size === 0 ? [] : [...scopes.functions.keys(), ...marked].toReversed()
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (callees.has(node)) continue
    const found = new Set<AnyFunction>()
    callees.set(node, found)
    const meantHere = new Set<AnyFunction>()
    means.set(node, meantHere)
    const handsOn = (delegated: Delegation | undefined): void => {
      if (delegated === undefined || !emitters.has(node)) return
      emitters.add(delegated.to)
      found.add(delegated.to)
    }
    handsOn(forwarding(node, scopes))
    walkOwn(node, (inner) => {
      handsOn(delegation(inner, scopes))
      const chained = optionalCall(inner)
      if (chained !== undefined) optional.add(chained)
      if (inner.type === "NewExpression") {
        const made = constructorFunction(inner, scopes, constructors)
        if (made === undefined) return
        calls.push({ call: inner, functions: [made] })
        found.add(made)
        return
      }
      if (inner.type !== "CallExpression") return
      const target = calledFunction(inner, scopes)
      // a call of a generator runs none of its code
      if (target?.generator === true) generatorCalls.push([node, target])
      else if (target !== undefined) found.add(target)
      const method = calledMethod(inner)
      const own = privateCalls.get(inner)
      if (own !== undefined) found.add(own)
      else if (method !== undefined && !ofLanguage.has(inner))
        for (const each of byName.get(method) ?? []) found.add(each)
      if (isSuperCall(inner)) {
        // in a twin it is looked up by the runtime, also if it is short
        calls.push({ call: inner, functions: undefined })
        const parents = meantBySuper(inner, meanings)
        if (parents === undefined) callsValues.add(node)
        else supers.push([meantHere, parents])
        return
      }
      const builtin = builtinCall(inner, method, scopes)
      if (target !== undefined && usesThisOfOthers(target)) calls.push({ call: inner, functions: [target] })
      const isWhole = !isShortCut(inner) || optional.has(inner)
      if (builtin === undefined && target === undefined && own === undefined && isWhole && !ofLanguage.has(inner)) {
        const where = meant(inner, meanings, scopes)
        if (where.kind === "value") {
          calls.push({ call: inner, functions: undefined })
          callsValues.add(node)
        } else if (where.kind === "functions") {
          calls.push({ call: inner, functions: where.functions })
          for (const each of where.functions) meantHere.add(each)
        }
      }
      if (builtin === undefined) return
      if (!builtin.isShort) callsBuiltins.add(node)
      const callback = builtin.callback === undefined ? undefined : functionOf(builtin.callback, scopes)
      if (callback === undefined) return
      found.add(callback)
      callbacks.set(builtin.callback!, callback)
    })
    for (const each of found) meantHere.add(each)
    pending.push(...found)
  }
  const reached = new Set<AnyFunction>(marked)
  for (const root of marked) for (const node of graph.below(callees, root)) reached.add(node)
  const onCycle = graph.onCycles(means)
  // a chain of parents has an end: `super.m()` in `m` is no recursion
  for (const [meantHere, parents] of supers) for (const each of parents) meantHere.add(each)

  const able = new Set<AnyFunction>()
  /** functions that only values mean */
  const ofValues = new Set<AnyFunction>()
  const expressions = new Set([...functionExpressions(program), ...constructors.values()])
  for (const own of literals.values()) for (const node of own.keys()) expressions.add(node)
  const isOfValue = (node: AnyFunction): boolean => {
    const found = expressions.has(node) && !inline.has(node) && !callbacks.has(node) && hasPlainParameters(node)
    return found && !sloppy.has(node) && obstacle(node, true) === undefined
  }
  for (const node of callees.keys()) {
    const isCallback = callbacks.has(node)
    const isNamed = methods.has(node) || knowsItself(node, variableOf.get(node), scopes)
    // the twin of an arrow function with `this` can only stand in the function itself
    if ((marks.whole || !marked.has(node)) && (!isNamed || usesThisOfOthers(node)) && isOfValue(node)) {
      ofValues.add(node)
      continue
    }
    const leave = (reason: string): void => void (reached.has(node) && native.set(node, reason))
    const isOfClass = methods.get(node)?.isOfObject === false
    const problem = obstacle(node, isCallback, emitters.has(node), isOfClass)
    if (sloppy.has(node)) {
      leave(sloppy.get(node)!)
    } else if (problem !== undefined) {
      if (sliced.has(node) && !marks.whole) refuse(node, problem.at, problem.reason, problem.fix)
      else leave(problem.reason)
    } else if (!variableOf.has(node) && !inline.has(node) && !methods.has(node) && !isCallback) {
      leave(unsure.get(node) ?? "it is not declared by a statement of its own")
    } else if (!inline.has(node) && !canNameItself(node, variableOf.get(node), scopes)) {
      leave("the name that it has inside has no variable where the steppable form stands")
    } else {
      able.add(node)
    }
  }

  for (const [caller, node] of generatorCalls) {
    if (reached.has(caller) && !reached.has(node)) native.set(node, obstacle(node)!.reason)
  }

  const capable = new Set([...able, ...ofValues])
  // a call through a value may lead back here
  const recursive = new Set([...capable].filter((node) => onCycle.has(node) || callsValues.has(node)))
  const long = new Set(
    [...capable].filter((node) => recursive.has(node) || hasLongLoop(node, scopes) || callsBuiltins.has(node))
  )
  const steppable = graph.above(means, long, capable)
  const announced = new Set<Node>()
  for (const { call, functions } of calls) {
    if (functions === undefined || functions.some((node) => steppable.has(node))) announced.add(call)
  }

  // the twin of a function that only refused roots call is not needed
  const roots = new Set([...marked].filter((root) => steppable.has(root) && able.has(root) && !refused.has(root)))
  const needed = new Set<AnyFunction>()
  for (const root of roots) {
    if (needed.has(root)) continue
    for (const node of [root, ...graph.below(callees, root)])
      if (steppable.has(node) && able.has(node)) needed.add(node)
  }
  const hearing = new Set<AnyFunction>()
  if (marked.size > 0) {
    for (const node of steppable) {
      if (emitters.has(node) || inline.has(node) || callbacks.has(node)) continue
      if (
        !hasPlainParameters(node) ||
        !(ofValues.has(node) || canHear(node, variableOf.get(node), methods.get(node), scopes))
      )
        continue
      hearing.add(node)
      // callbacks have their twin where they stand
      for (const below of [node, ...graph.below(callees, node)]) {
        if (able.has(below) && steppable.has(below)) needed.add(below)
      }
    }
  }
  const valued = new Set([...hearing].filter((node) => ofValues.has(node)))
  const constructorNames = new Map<AnyFunction, string>()
  for (const [node, made] of constructors) {
    const { id } = node as { readonly id: { readonly name: string } }
    if (!scopes.of.get(made)!.names.has(id.name)) constructorNames.set(made, id.name)
    else valued.delete(made)
  }
  for (const made of constructors.values()) if (!constructorNames.has(made)) hearing.delete(made)
  const selfFirst = new Set(methods.keys())
  for (const node of valued) if (usesLexical(node, "this") && !usesLexical(node, "arguments")) selfFirst.add(node)
  const methodNames = new Set<string>()
  for (const node of needed) {
    const method = methods.get(node)
    if (method !== undefined && !method.name.startsWith("#")) methodNames.add(method.name)
  }
  const lineColumnOf = lineColumnsIn(text)
  const module = { text, getters: longGetters(program), isMethod: (name: string) => byName.has(name) }
  const whyShort = (node: AnyFunction): string => {
    const names = unseen(node, scopes, module, (offset) => lineColumnOf(offset).line)
    const short = "it has no long loop and no recursion"
    return names === "" ? short : `${short} of its own; not looked into: ${names}`
  }
  for (const node of callees.keys()) {
    // a callback gets no row of its own
    if (needed.has(node) || native.has(node) || refused.has(node) || callbacks.has(node) || !reached.has(node)) continue
    if (valued.has(node)) continue
    native.set(node, steppable.has(node) ? "only refused functions call it" : whyShort(node))
  }
  const isPlain = (node: AnyFunction): boolean => {
    let plain = able.has(node) && !usesLexical(node, "arguments")
    walkOwn(node, (inner) => {
      const inside = inner !== node && (isClass(inner) || (isFunction(inner) && needed.has(inner)))
      if (
        inside ||
        isSteppableCall(
          inner,
          { steppable: needed, emitters, methodNames, privateCalls, languageCalls: ofLanguage, announced },
          scopes
        )
      )
        plain = false
    })
    return plain
  }
  const ownMethods = new Map<string, ReadonlyArray<AnyFunction>>()
  for (const name of methodNames) {
    const own = byName.get(name)!.filter((node) => methods.get(node)!.isOfModule && (needed.has(node) || isPlain(node)))
    ownMethods.set(name, own)
    for (const node of own) needed.add(node)
  }
  return {
    steppable: needed,
    emitters,
    recursive,
    roots,
    native,
    refused,
    nameOf,
    variableOf,
    methods,
    callbacks,
    privateCalls,
    languageCalls: ofLanguage,
    methodNames,
    announced,
    hearing,
    valued,
    constructorNames,
    literals,
    selfFirst,
    ownMethods
  }
}

/** Whether the variable that holds a function expression can stand for the name that the function has inside (`ownName`). */
const canNameItself = (node: AnyFunction, variable: string | undefined, scopes: Scopes): boolean => {
  const own = ownName(node, scopes)
  if (own === undefined) return true
  if (variable === undefined || scopes.of.get(node)!.names.has(variable)) return false
  const { start } = node.body!
  const holder = scopes.bindings.get(node.id!)!.scope.parent?.names.get(variable)
  return holder !== undefined && isConstant(holder) && own.uses.every((use) => use.node.start > start)
}

const usesThisOfOthers = (node: AnyFunction): boolean =>
  node.type === "ArrowFunctionExpression" && usesLexical(node, "this")

const hasLongLoop = (node: AnyFunction, scopes: Scopes): boolean =>
  node.body !== null && someOwn(node.body, (inner) => isLoop(inner) && !isShort(inner, scopes))

/** Function expressions that stand for a value, and are no method or accessor. */
const functionExpressions = (program: Program): ReadonlySet<AnyFunction> => {
  const found = new Set<AnyFunction>()
  walk(program, (node) => {
    for (const child of children(node)) {
      if (!isFunction(child) || child.type === "FunctionDeclaration") continue
      if (node.type === "MethodDefinition") continue
      if (node.type === "Property" && (node.method || node.kind !== "init" || node.computed)) continue
      if (node.type === "PropertyDefinition" && node.computed) continue
      found.add(child)
    }
  })
  return found
}

/** Whether the variable of a function, or its own name, always means it: so the function knows itself. */
const knowsItself = (node: AnyFunction, variable: string | undefined, scopes: Scopes): boolean => {
  if (variable === undefined || scopes.of.get(node)!.names.has(variable)) return false
  let scope = scopes.of.get(node)!.parent
  while (scope !== undefined && (scope.node === node || !scope.names.has(variable))) scope = scope.parent
  const binding = scope?.names.get(variable)
  return binding !== undefined && isConstant(binding)
}

/** Whether a function with a name can tell itself from others in its prologue. */
const canHear = (
  node: AnyFunction,
  variable: string | undefined,
  method: Method | undefined,
  scopes: Scopes
): boolean => (method === undefined ? knowsItself(node, variable, scopes) : !method.name.startsWith("#"))
