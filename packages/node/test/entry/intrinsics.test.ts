/**
 * Whether a worker notices that a job has replaced a part of the language or of the host. The list of what there is to notice is read from the
 * sources that run on a worker: each global that a function of them uses.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseSync } from "oxc-parser"
import { assert, describe, it } from "vitest"
import { analyse } from "../../src/compiler/read/analyse.ts"
import type { Node } from "../../src/compiler/read/syntax.ts"
import * as intrinsics from "../../src/entry/intrinsics.ts"

const packages = fileURLToPath(new URL("../../../", import.meta.url))

/** Used, and safe without a look. */
const safe = new Map([
  ["undefined", "cannot be replaced"],
  ["NaN", "cannot be replaced"],
  ["Infinity", "cannot be replaced"],
  ["Atomics", "frozen when the worker starts"],
  ["globalThis", "each use names a property of it"],
  ["console.warn", "a warning"],
  ["process.emitWarning", "a warning"],
  ["process.platform", "whether the priority can be lowered, asked before the first job"],
  ["performance.timeOrigin", "a number, which shows when a job began"]
])

const program = (file: string) => parseSync(file, readFileSync(file, "utf8")).program

type Tree = Node & Readonly<Record<string, any>>

const erased = /^TS(?!AsExpression|NonNullExpression|SatisfiesExpression)/

const childrenOf = (node: Tree): ReadonlyArray<Tree> =>
  Object.values(node)
    .flat()
    .filter((child): child is Tree => typeof child?.type === "string" && !erased.test(child.type))

/** The files of both packages that a worker's entry imports, and those that these import. */
const filesFrom = (file: string, found = new Map<string, Tree>()): ReadonlyMap<string, Tree> => {
  if (found.has(file) || !existsSync(file)) return found
  const tree = program(file) as Tree
  found.set(file, tree)
  for (const node of tree["body"] as ReadonlyArray<Tree>) {
    const from: unknown = node["source"]?.value
    if (typeof from !== "string" || node["importKind"] === "type" || node["exportKind"] === "type") continue
    if (from.startsWith(".")) filesFrom(join(dirname(file), from), found)
    else if (from.startsWith("@giveway/core/")) {
      filesFrom(join(packages, "core/src", `${from.slice("@giveway/core/".length)}.ts`), found)
    }
  }
  return found
}

/** The globals that functions of a file use, some with the property that is read. */
const globalsIn = (tree: Tree): ReadonlySet<string> => {
  const { bindings } = analyse(tree as never)
  const found = new Set<string>()
  const visit = (node: Tree, inFunction: boolean, parent?: Tree): void => {
    switch (node.type) {
      case "Identifier": {
        if (!inFunction || bindings.has(node)) return
        const isOwner = parent?.type === "MemberExpression" && !parent.computed && (parent.object as Node) === node
        found.add(isOwner ? `${node.name}.${(parent.property as Tree)["name"]}` : node.name)
        return
      }
      case "MemberExpression": {
        visit(node.object as Tree, inFunction, node)
        if (node.computed) visit(node.property as Tree, inFunction, node)
        return
      }
      case "Property":
      case "MethodDefinition":
      case "PropertyDefinition": {
        if (node.computed) visit(node.key as Tree, inFunction)
        if (node.value !== null) visit(node.value as Tree, inFunction || node.type === "PropertyDefinition")
        return
      }
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportSpecifier":
      case "MetaProperty":
      case "BreakStatement":
      case "ContinueStatement":
        return
      default: {
        const within = inFunction || /Function/.test(node.type)
        for (const child of childrenOf(node)) visit(child, within, node)
      }
    }
  }
  visit(tree, false)
  return found
}

const files = filesFrom(join(packages, "node/src/entry/jobLoop.ts"))
const used = new Set(Array.from(files.values(), globalsIn).flatMap((names) => [...names]))

const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect

/** Asks `look` while another function stands in the place of a property. */
const whileReplaced = <A>(owner: object, key: PropertyKey, look: () => A): A => {
  const before = getOwnPropertyDescriptor(owner, key)
  defineProperty(owner, key, { value: () => undefined, configurable: true, writable: true })
  const seen = look()
  deleteProperty(owner, key)
  if (before !== undefined) defineProperty(owner, key, before)
  return seen
}

/** What a name such as `Date.now` or `Map` stands for, as the place of a property. */
const placeOf = (name: string): readonly [object, string] | undefined => {
  const [first, second] = name.split(".") as [string, string?]
  const owner = Reflect.get(globalThis, first) as object | undefined
  if (second === undefined) return [globalThis, first]
  // of a class it cannot be replaced
  if (second === "prototype") return undefined
  if (owner === undefined || typeof Reflect.get(owner, second) !== "function") return undefined
  return [owner, second]
}

intrinsics.remember()

describe("what a job has replaced is noticed", () => {
  it("of all globals that run on a worker", () => {
    assert.isAbove(files.size, 100)
    assert.includeMembers([...used], ["structuredClone", "performance.now", "Map", "Buffer.from"])
    const missed = [...used].filter((name) => {
      const [first] = name.split(".") as [string]
      if (safe.has(name) || safe.has(first)) return false
      // the global itself, and its method
      const places = [placeOf(first)!, placeOf(name)].filter((place) => place !== undefined)
      return !places.every(([owner, key]) => whileReplaced(owner, key, intrinsics.broken) !== undefined)
    })
    assert.strictEqual(missed.join(" "), "")
    assert.isUndefined(intrinsics.broken())
  })

  it("before the next job, if that would hang, or get or give another value", () => {
    const typed = Object.getPrototypeOf([].values()) as object
    const places: ReadonlyArray<readonly [object, PropertyKey]> = [
      ...["setTimeout", "clearTimeout", "setImmediate", "queueMicrotask", "structuredClone", "Date"].map(
        (name) => [globalThis, name] as const
      ),
      [performance, "now"],
      [Object.getPrototypeOf(performance) as object, "now"],
      [Date, "now"],
      [Buffer.prototype, "write"],
      [Buffer.prototype, "toString"],
      ...["getInt32", "setInt32", "getFloat64", "setFloat64", "getUint16", "setUint16"].map(
        (name) => [DataView.prototype, name] as const
      ),
      [TextEncoder.prototype, "encode"],
      [TextDecoder.prototype, "decode"],
      [Array.prototype, Symbol.iterator],
      [typed, "next"],
      [JSON, "parse"],
      [Map.prototype, "get"]
    ]
    for (const [owner, key] of places) {
      const seen = whileReplaced(owner, key, () => [intrinsics.valuesAreRight(), intrinsics.broken()] as const)
      assert.isFalse(seen[0], String(key))
      assert.isDefined(seen[1], String(key))
    }
    assert.isTrue(intrinsics.valuesAreRight())
  })
})
