/**
 * Random programs with work in random places: it gives the same result when the compiler has moved it.
 *
 * The work is called at once, so it captures the values that it would see. Compiled, it is the extracted module that runs, on
 * structured clones; refused, the work itself. `GIVEWAY_SEED` chooses other programs.
 */
import * as Steppable from "@giveway/core/Steppable"
import * as fc from "fast-check"
import { assert, it } from "vitest"
import { compile } from "../../../src/compiler/host/compile.ts"
import { compileExtracted } from "../../../src/compiler/host/workModule.ts"

/** Few names, so that they shadow each other. */
const pool = ["a", "b", "c", "d"]

interface Writer {
  readonly pick: <A>(options: ReadonlyArray<A>) => A
  readonly chance: (percent: number) => boolean
}

type Kind = "number" | "array" | "object" | "function" | "variable"
type Names = ReadonlyMap<string, Kind>

const namesOf = (names: Names, ...kinds: ReadonlyArray<Kind>): ReadonlyArray<string> =>
  [...names].flatMap(([name, kind]) => (kinds.includes(kind) ? [name] : []))

const expression = (w: Writer, names: Names, depth = 0): string => {
  const numbers = namesOf(names, "number", "variable")
  const arrays = namesOf(names, "array")
  const objects = namesOf(names, "object")
  const functions = namesOf(names, "function")
  const choices = [() => String(w.pick([0, 1, 2, 3]))]
  if (numbers.length > 0)
    choices.push(
      () => w.pick(numbers),
      () => w.pick(numbers)
    )
  if (arrays.length > 0)
    choices.push(
      () => `${w.pick(arrays)}.length`,
      () => `(${w.pick(arrays)}[1] ?? 0)`
    )
  if (objects.length > 0)
    choices.push(
      () => `${w.pick(objects)}.n`,
      () => `${w.pick(objects)}.n`
    )
  if (depth < 3) {
    if (functions.length > 0) choices.push(() => `${w.pick(functions)}(${expression(w, names, depth + 1)})`)
    choices.push(
      () => `(${expression(w, names, depth + 1)} + ${expression(w, names, depth + 1)})`,
      () => {
        const name = w.pick(pool)
        const inner = new Map(names).set(name, "number")
        return `[1, 2].reduce((${name}, x) => ${name} + x * ${expression(w, inner, depth + 1)}, 0)`
      }
    )
  }
  return w.pick(choices)()
}

const work = (w: Writer, names: Names): string => {
  const name = w.pick(pool)
  const inner = new Map(names).set(name, "number")
  const changing = namesOf(names, "variable", "object", "array").filter((each) => each !== name)
  if (changing.length > 0 && w.chance(15)) {
    const target = w.pick(changing)
    const how = { variable: `${target}++`, object: `${target}.n++`, array: `${target}.push(1)` }
    const change = how[names.get(target) as keyof typeof how]
    return `(${name}) => { ${change}; return ${expression(w, inner)} }`
  }
  if (w.chance(20)) {
    return `function ${w.pick(["f", name])}(${name} = ${expression(w, names)}) { return arguments.length + ${expression(w, inner)} }`
  }
  return `(${name}) => ${expression(w, inner)}`
}

const call = (w: Writer, names: Names): string =>
  w.chance(75)
    ? `out.push(Compute.fn(${work(w, names)})(${w.pick([0, 1, 2])}))`
    : `out.push(Compute.effect(${expression(w, names)}))`

/** `names` grows with each declaration; no name is declared twice in a scope. */
const statement = (w: Writer, names: Map<string, Kind>, own: Set<string>, depth: number): string => {
  const free = pool.filter((name) => !own.has(name))
  const kinds: Array<() => string> = [() => call(w, names), () => call(w, names)]
  const declare = (kind: Kind, text: (name: string) => string) => () => {
    const name = w.pick(free)
    // its parts were declared before, and are not itself
    names.delete(name)
    const made = text(name)
    own.add(name)
    names.set(name, kind)
    return made
  }
  if (free.length > 0) {
    kinds.push(
      declare("number", (name) => `const ${name} = ${expression(w, names)}`),
      declare("variable", (name) => `let ${name} = ${expression(w, names)}`),
      declare("array", (name) => `const ${name} = [${expression(w, names)}, ${expression(w, names)}]`),
      declare("object", (name) => `const ${name} = { n: ${expression(w, names)} }`),
      declare("function", (name) => `const ${name} = (n) => n + ${expression(w, new Map(names).set("n", "number"), 2)}`)
    )
  }
  const variables = namesOf(names, "variable")
  if (variables.length > 0) kinds.push(() => `${w.pick(variables)} = ${expression(w, names)}`)
  const objects = namesOf(names, "object")
  if (objects.length > 0 && w.chance(30)) kinds.push(() => `${w.pick(objects)}.n = ${expression(w, names)}`)
  const functions = namesOf(names, "function")
  if (functions.length > 0 && w.chance(20)) kinds.push(() => `${w.pick(functions)}.n = ${expression(w, names)}`)
  if (depth < 3) {
    const name = w.pick(pool)
    const inner = (kind: Kind) => block(w, new Map(names).set(name, kind), new Set([name]), depth + 1)
    kinds.push(
      () => `{ ${block(w, new Map(names), new Set(), depth + 1)} }`,
      () => `for (const ${name} of [1, 2]) { ${inner("number")} }`,
      () => `for (let ${name} = 0; ${name} < 2; ${name}++) { ${inner("number")} }`,
      () => `;((${name}, { x: [y] = [1] }) => { ${inner("number")} })(${expression(w, names)}, {})`
    )
  }
  return w.pick(kinds)()
}

/** Functions are declared first in their block: they exist from its start, and shadow the names around it. */
const block = (w: Writer, names: Map<string, Kind>, own: Set<string>, depth: number, hoists = true): string => {
  const statements: Array<string> = []
  const free = pool.filter((name) => !own.has(name))
  if (hoists && free.length > 0 && w.chance(40)) {
    const name = w.pick(free)
    own.add(name)
    names.set(name, "function")
    const inner = new Map(names).set("n", "number")
    inner.delete(name)
    statements.push(`function ${name}(n) { return ${expression(w, inner, 2)} }`)
  }
  const count = w.pick([2, 3, 4])
  for (let i = 0; i < count; i++) statements.push(statement(w, names, own, depth))
  return statements.join("\n")
}

const programOf = (w: Writer): string => {
  const names = new Map<string, Kind>()
  const own = new Set<string>()
  const module = block(w, names, own, 0)
  return `import { Compute } from "@giveway/core"\nconst out = []\n${module}\n${block(w, names, own, 0, false)}\nexport const seen = out\n`
}

interface Fake {
  readonly Compute: object
  readonly extracted: (
    kind: string,
    url: string,
    suffix: string,
    name: string,
    make: unknown,
    names: unknown,
    values: () => ReadonlyArray<unknown>
  ) => unknown
  readonly refused: (work: unknown) => unknown
  readonly define: (
    id: string,
    name: string,
    make: (...captured: Array<unknown>) => (...args: Array<unknown>) => unknown
  ) => void
}

/** `code` with its imports taken from the fake runtime of that number. */
const load = (code: string, fake: number): Promise<{ readonly seen: ReadonlyArray<unknown> }> => {
  const plain = code
    .replaceAll(/import \{([^}]*)\} from "@giveway\/core(?:\/Steppable)?";?/g, (_, list: string) => {
      return `const {${list.replaceAll(" as ", ": ")}} = globalThis.gwFakes[${fake}];`
    })
    // an import is there from the start
    .replace(/^([^]*)\n;(const \{[^}]*\} = globalThis\.gwFakes\[\d+\];)/, "$2 $1\n;")
  return import(`data:text/javascript,${encodeURIComponent(plain)}`)
}

const fakes: Array<Fake & Record<string, unknown>> = []
Object.assign(globalThis, { gwFakes: fakes })

/** A name may turn out to be a function, which is hoisted. What would be an error then is looked at as text. */
const clone = <A>(value: A): A => (typeof value === "function" ? value : structuredClone(value))
const shown = (seen: ReadonlyArray<unknown>) => seen.map((each) => (typeof each === "function" ? String(each) : each))

/** The results of the program, plain and compiled. */
const both = async (source: string) => {
  const compute = { fn: (f: unknown) => f, effect: (value: unknown) => value }
  const made = new Map<string, (...captured: Array<unknown>) => (...args: Array<unknown>) => unknown>()
  const fake: Fake & Record<string, unknown> = {
    ...Steppable,
    Compute: compute,
    extracted: (kind, _url, suffix, _name, _make, _names, values = () => []) => {
      const job = (...args: ReadonlyArray<unknown>) => {
        const make = made.get(suffix.replace(/^.*=/, ""))!
        return clone(make(...clone(values()))(...clone(args)))
      }
      return kind === "fn" ? job : job()
    },
    refused: (work) => work,
    define: (id, _name, make) => void made.set(id, make),
    work: (f: unknown) => f
  }
  const number = fakes.push(fake) - 1
  // it uses a variable that is not initialised yet
  const here = await load(source, number)
    .then(({ seen }) => shown(seen))
    .catch(() => undefined)
  if (here === undefined) return undefined
  const { code, works } = compile(source, { file: "p.js" })
  // without yield points: the equivalence of those is tested elsewhere
  for (const { id } of works) await load(compileExtracted(source, id, { file: "p.js", forms: "best" }).code, number)
  return {
    here,
    moved: shown((await load(code, number)).seen),
    works: works.length,
    refused: code.match(/yrefused\(/g)?.length ?? 0
  }
}

it("work that is moved gives the same result as in its place", { timeout: 120_000 }, async () => {
  let moved = 0
  let refused = 0
  const programs = fc.infiniteStream(fc.nat()).map((numbers) => {
    const next = (): number => numbers.next().value as number
    return programOf({
      pick: (options) => options[next() % options.length]!,
      chance: (percent) => next() % 100 < percent
    })
  })
  const check = await fc.check(
    fc.asyncProperty(programs, async (source) => {
      const result = await both(source).catch((error: unknown) => {
        // a function among the copied values is an error of the job
        if (error instanceof DOMException && error.name === "DataCloneError") return undefined
        throw new Error(`${String(error)} in\n${source}`)
      })
      fc.pre(result !== undefined)
      moved += result.works
      refused += result.refused
      assert.deepStrictEqual(result.moved, result.here, source)
    }),
    {
      seed: Number(process.env["GIVEWAY_SEED"] ?? 1),
      numRuns: Number(process.env["GIVEWAY_RUNS"] ?? 500),
      endOnFailure: true
    }
  )
  if (check.failed) assert.fail(`${fc.defaultReportMessage(check)}\n${String(check.errorInstance)}`)
  assert.isAbove(moved, 300)
  assert.isAbove(refused, 100)
})
