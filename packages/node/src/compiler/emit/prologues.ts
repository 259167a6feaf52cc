/**
 * The side of the callee: a function that **hears** begins with a prologue, and goes on in its twin if stepped code has just
 * announced it. Core's `steppable/calls/register.ts` has the protocol.
 *
 * ```js
 * function f(n) { if (register.now !== 0 && heard(f)) return f_(n); ...the plain body... }
 * ```
 *
 * **How a function knows itself.** By its name or its variable, if these never mean another function; a method by a
 * variable of the module, written after its class; every other function by a variable of its own, which is made with it. If
 * several functions of one text share a variable, only the last one hears. No function ever takes an announcement for another.
 *
 * The twin of a function that has a name stands after its statement (`plain.ts`). The twin of any other function stands in
 * the prologue: it costs nothing until the function is told. An arrow function with `this` always has it there. Decision 0160.
 */
import { keyOf } from "../decide/declared.ts"
import type { AnyFunction, Node } from "../read/syntax.ts"
import { children, isFunction, usesLexical } from "../read/syntax.ts"
import { copy } from "./print.ts"
import { touches } from "./state.ts"
import { plainName, reachedName } from "./twinCalls.ts"
import type { Replace, Unit } from "./unit.ts"
import { insideOf, rewrite, rewriteBelow, twinName } from "./unit.ts"

/** The variable of a function that has no other way to know itself. */
const selfVariable = (unit: Unit, node: AnyFunction): string => twinName(unit, node, "w")

/** Whether the module's functions may be called before the module itself has run: then only imports have a value. */
const isEarly = (unit: Unit, node: AnyFunction): boolean => {
  let outermost = node
  for (let at = unit.scopes.outer.get(node); at !== undefined; at = unit.scopes.outer.get(at)) outermost = at
  return outermost.type === "FunctionDeclaration"
}

/** The text that means the function inside itself; `undefined` if it needs a variable of its own. */
const ownText = (unit: Unit, node: AnyFunction): string | undefined => {
  const { constructorNames, methods, valued, variableOf } = unit.classification
  const ofClass = constructorNames.get(node)
  if (ofClass !== undefined) return ofClass
  if (!valued.has(node)) return methods.has(node) ? plainName(unit, node) : variableOf.get(node)
  if (node.type !== "FunctionExpression" || node.id === null) return undefined
  return unit.scopes.of.get(node)!.names.has(node.id.name) ? undefined : node.id.name
}

const prologue = (unit: Unit, node: AnyFunction, own: string, self: string): string => {
  const { classification, prefix } = unit
  const runtime = isEarly(unit, node) ? `${prefix}shared_` : prefix
  const entry = reachedName(unit, node) ?? twinName(unit, node)
  const args = node.params.map((parameter: Node) => {
    const name =
      parameter.type === "AssignmentPattern"
        ? parameter.left
        : parameter.type === "RestElement"
          ? parameter.argument
          : parameter
    if (name.type !== "Identifier") throw new TypeError(name.type)
    return parameter.type === "RestElement" ? `...${name.name}` : name.name
  })
  const twin = classification.valued.has(node) ? unit.emitTwin(unit, node, false) : ""
  const isSelfFirst = classification.selfFirst.has(node)
  const call = usesLexical(node, "arguments")
    ? isSelfFirst
      ? `${entry}(${self}, ...arguments)`
      : `${runtime}apply(${entry}, this, arguments)`
    : isSelfFirst
      ? `${entry}(${[self, ...args].join(", ")})`
      : usesLexical(node, "this") && node.type !== "ArrowFunctionExpression"
        ? `${runtime}call(${[entry, "this", ...args].join(", ")})`
        : `${entry}(${args.join(", ")})`
  return `if (${runtime}register.now !== 0 && ${runtime}heard(${own})) { ${twin} return ${call} }`
}

/** The offset right after the `=>` of an arrow function. */
const afterArrow = (text: string, node: AnyFunction): number => {
  const last = node.params[node.params.length - 1]
  let at = last === undefined ? node.start : last.end
  while (!text.startsWith("=>", at)) {
    if (text.startsWith("//", at)) at = text.indexOf("\n", at)
    else if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 1
    at++
  }
  return at + 2
}

/** The function with its prologue. */
const withPrologue = (unit: Unit, node: AnyFunction, own: string, replace: Replace, self: string): string => {
  const body = node.body!
  const begin = prologue(unit, node, own, self)
  if (body.type === "BlockStatement") {
    const first = body.body.find((statement) => !("directive" in statement))
    const at = first === undefined ? body.end - 1 : first.start
    const whole = insideOf(unit, body, replace)
    const put = first === undefined ? `${whole} ${begin} ${touches(unit, node)}` : undefined
    let out = ""
    let position = node.start
    for (const child of children(node)) {
      if (child.start < position) continue
      out += copy(unit.text, position, child.start)
      position = child.end
      if (child !== body) {
        out += rewrite(unit, child, replace)
        continue
      }
      if (put !== undefined) {
        out += `{${put}}`
        continue
      }
      let inside = ""
      let from = body.start + 1
      for (const statement of children(body)) {
        inside += copy(unit.text, from, statement.start)
        if (statement.start === at) inside += `${begin} ${touches(unit, node)}`
        inside += rewrite(unit, statement, replace)
        from = statement.end
      }
      out += `{${inside}${copy(unit.text, from, body.end - 1)}}`
    }
    return out + copy(unit.text, position, node.end)
  }
  const arrow = afterArrow(unit.text, node)
  let head = ""
  let position = node.start
  for (const child of children(node)) {
    if (child === body) continue
    head += copy(unit.text, position, child.start) + rewrite(unit, child, replace)
    position = child.end
  }
  head += copy(unit.text, position, arrow)
  const value = copy(unit.text, arrow, body.start) + rewrite(unit, body, replace) + copy(unit.text, body.end, node.end)
  return `${head} { ${begin} return (${value}\n) }`
}

/** The methods of an object literal that hear by a variable around the literal. */
const hearingMethods = ({ classification }: Unit, node: Node): ReadonlyArray<readonly [AnyFunction, string]> =>
  [...(classification.literals.get(node) ?? [])].filter(([method]) => classification.valued.has(method))

/** An object literal with methods that hear. Where `isDivided`, it stands as it is, and they do not: it has a yield point inside. */
export const literal = (
  unit: Unit,
  node: Node,
  replace: Replace,
  plain: Replace,
  isDivided = false
): string | undefined => {
  const methods = hearingMethods(unit, node)
  if (methods.length === 0) return undefined
  const text = rewriteBelow(unit, node, (at) => {
    const own = methods.find(([method]) => method === at)?.[0]
    return own === undefined
      ? replace(at)
      : withPrologue(unit, own, isDivided ? `${unit.prefix}SUSPENDED` : selfVariable(unit, own), plain, "this")
  })
  if (isDivided) return text
  const made = `${unit.prefix}o`
  const variables = methods.map(([method]) => selfVariable(unit, method))
  const known = methods.map(
    ([method, name]) => `${selfVariable(unit, method)} = ${unit.prefix}methodOf(${made}, ${JSON.stringify(name)});`
  )
  return `(() => { let ${variables.join(", ")}; const ${made} = ${text}; ${known.join(" ")} return ${made} })()`
}

/** The plain text of `node` if it is a function that hears. `self`: the text for its `this`. */
export const hearing = (unit: Unit, node: Node, replace: Replace, self = "this"): string | undefined => {
  if (!isFunction(node) || !unit.classification.hearing.has(node)) return undefined
  const own = ownText(unit, node)
  if (own !== undefined) return withPrologue(unit, node, own, replace, self)
  const variable = selfVariable(unit, node)
  const literal = withPrologue(unit, node, variable, replace, self)
  const name = unit.namesGiven.get(node)
  const made =
    name === undefined
      ? `(0, ${literal})`
      : `{ ${name === "__proto__" ? `["__proto__"]` : JSON.stringify(name)}: ${literal} }[${JSON.stringify(name)}]`
  return `(() => { let ${variable}; return ${variable} = ${made} })()`
}

/** The names that functions without one get from the variable or the property that they stand in. */
export const namesGiven = (program: Node): ReadonlyMap<AnyFunction, string> => {
  const found = new Map<AnyFunction, string>()
  const give = (target: Node, value: Node | null): void => {
    if (value === null || !isFunction(value)) return
    if (target.type === "Identifier") found.set(value, target.name)
    if (target.type === "Literal") found.set(value, String(target.value))
    if (target.type === "PrivateIdentifier") found.set(value, `#${target.name}`)
  }
  const visit = (node: Node): void => {
    if (node.type === "VariableDeclarator") give(node.id, node.init)
    if (node.type === "AssignmentExpression" && /^(=|\|\|=|&&=|\?\?=)$/.test(node.operator)) give(node.left, node.right)
    if (node.type === "AssignmentPattern") give(node.left, node.right)
    // `{ __proto__: f }` sets the prototype
    const isNamed = (node.type === "Property" && keyOf(node.key) !== "__proto__") || node.type === "PropertyDefinition"
    if (isNamed && !node.computed) give(node.key, node.value)
    if (node.type === "ExportDefaultDeclaration" && isFunction(node.declaration)) found.set(node.declaration, "default")
    for (const child of children(node)) visit(child)
  }
  visit(program)
  return found
}
