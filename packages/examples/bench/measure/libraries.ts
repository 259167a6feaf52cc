/**
 * Popular libraries as installed, each with a call that takes some 100 ms. `giveway.include` in this package's `package.json` names them;
 * `measure/library.ts` runs them.
 */
interface Library {
  readonly package: string
  /** the call; `digest` tells whether two results are the same */
  readonly load: () => Promise<{
    readonly run: (...args: Array<never>) => unknown
    readonly args: ReadonlyArray<unknown>
    readonly digest: (result: never) => unknown
  }>
}

/** By a name that TypeScript does not follow: half of these packages bring no types. */
const load = async <A>(name: string): Promise<A> => (await import(name)) as A

/** Numbers that are the same in each process. */
const random =
  (seed = 1) =>
  () =>
    (seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff

const words = (count: number): ReadonlyArray<string> => {
  const next = random()
  return Array.from({ length: count }, () => Math.floor(next() * 1e6).toString(36))
}

const length = (text: string): number => text.length

export const libraries: Readonly<Record<string, Library>> = {
  "marked (Markdown)": {
    package: "marked",
    load: async () => {
      const { marked } = await load<{ readonly marked: { readonly parse: (text: string) => string } }>("marked")
      const part = (word: string, i: number): string =>
        `## ${word}\n\nSome *${word}* and **bold** [link](http://x.y/${i})\n\n* one\n* two \`code\`\n\n| a | b |\n|---|---|\n| ${i} | 2 |\n`
      const text = words(3000).map(part).join("\n")
      return { run: marked.parse, args: [text], digest: length }
    }
  },
  "yaml (YAML)": {
    package: "yaml",
    load: async () => {
      const { parse } = await load<{ readonly parse: (text: string) => ReadonlyArray<unknown> }>("yaml")
      const text = words(1200)
        .map((word, i) => `- name: ${word}\n  value: ${i}\n  tags: [a, b, "${word}"]\n  deep: { x: 1, y: [2, 3] }\n`)
        .join("")
      return { run: parse, args: [text], digest: (rows: ReadonlyArray<unknown>) => JSON.stringify(rows).length }
    }
  },
  "acorn (JavaScript)": {
    package: "acorn",
    load: async () => {
      type Acorn = { readonly parse: (text: string, options: object) => { readonly body: ReadonlyArray<unknown> } }
      const { parse } = await load<Acorn>("acorn")
      const part = (word: string, i: number): string =>
        `function f${i}(a, b) { const x = { "${word}": a[${i}] ?? b, y: [...a] }; for (let i = 0; i < 9; i++) x.y.push(i * 2 + b); return x.y.map((z) => z + \`t\${z}\`) }`
      const text = words(4000).map(part).join("\n")
      return {
        run: parse,
        args: [text, { ecmaVersion: 2024 }],
        digest: ({ body }: { readonly body: ReadonlyArray<unknown> }) => body.length
      }
    }
  },
  "papaparse (CSV)": {
    package: "papaparse",
    load: async () => {
      type Papa = { readonly default: { readonly parse: (text: string) => { readonly data: ReadonlyArray<unknown> } } }
      const papa = (await load<Papa>("papaparse")).default
      const text = words(60_000)
        .map((word, i) => `${i},"${word}, quoted ""x""",${word},${i * 2}`)
        .join("\n")
      return {
        run: papa.parse,
        args: [text],
        digest: ({ data }: { readonly data: ReadonlyArray<unknown> }) => data.length
      }
    }
  },
  "@noble/hashes (SHA-256)": {
    package: "@noble/hashes",
    load: async () => {
      type Sha = { readonly sha256: (bytes: Uint8Array) => Uint8Array }
      const { sha256 } = await load<Sha>("@noble/hashes/sha2.js")
      const next = random()
      const bytes = Uint8Array.from({ length: 12_000_000 }, () => next() * 256)
      return { run: sha256, args: [bytes], digest: (hash: Uint8Array) => hash.join() }
    }
  },
  "@noble/hashes (PBKDF2)": {
    package: "@noble/hashes",
    load: async () => {
      type Sha = { readonly sha256: unknown }
      type Derive = (hash: unknown, password: string, salt: string, options: object) => Uint8Array
      const { sha256 } = await load<Sha>("@noble/hashes/sha2.js")
      const { pbkdf2 } = await load<{ readonly pbkdf2: Derive }>("@noble/hashes/pbkdf2.js")
      return {
        run: pbkdf2,
        args: [sha256, "word", "salt", { c: 60_000, dkLen: 32 }],
        digest: (key: Uint8Array) => key.join()
      }
    }
  },
  "fflate (inflate)": {
    package: "fflate",
    load: async () => {
      type Fflate = Readonly<Record<"deflateSync" | "inflateSync", (bytes: Uint8Array) => Uint8Array>>
      const { deflateSync, inflateSync } = await load<Fflate>("fflate")
      const packed = deflateSync(new TextEncoder().encode(words(1_500_000).join(" ")))
      return { run: inflateSync, args: [packed], digest: (bytes: Uint8Array) => bytes.length }
    }
  },
  "pngjs (PNG)": {
    package: "pngjs",
    load: async () => {
      interface Image {
        readonly data: Uint8Array
      }
      type Sync = { readonly read: (bytes: Uint8Array) => Image; readonly write: (image: Image) => Uint8Array }
      type Png = { readonly PNG: { readonly sync: Sync; new (size: object): Image } }
      const { PNG } = (await load<{ readonly default: Png }>("pngjs")).default
      const image = new PNG({ width: 1800, height: 1800 })
      const next = random()
      for (let i = 0; i < image.data.length; i++) image.data[i] = (i >> 6) + next() * 9
      const bytes = PNG.sync.write(image)
      return { run: PNG.sync.read, args: [bytes], digest: ({ data }: Image) => data.length }
    }
  },
  "mustache (template)": {
    package: "mustache",
    load: async () => {
      type Mustache = { readonly default: { readonly render: (template: string, view: object) => string } }
      const mustache = (await load<Mustache>("mustache")).default
      const rows = words(40_000).map((word, id) => ({ word, id, tags: ["a", word] }))
      const template = "{{#rows}}<li id={{id}}>{{word}} {{{word}}}{{#tags}}<b>{{.}}</b>{{/tags}}</li>{{/rows}}"
      return { run: mustache.render, args: [template, { rows }], digest: length }
    }
  },
  "diff (diff)": {
    package: "diff",
    load: async () => {
      type Diff = { readonly diffLines: (a: string, b: string) => ReadonlyArray<unknown> }
      const { diffLines } = await load<Diff>("diff")
      const lines = words(4000)
      const changed = lines.flatMap((word, i) => (i % 9 === 0 ? [] : i % 7 === 0 ? [word, `${word}!`] : [word]))
      return {
        run: diffLines,
        args: [lines.join("\n"), changed.join("\n")],
        digest: (parts: ReadonlyArray<unknown>) => parts.length
      }
    }
  },
  "sval (interpreter)": {
    package: "sval",
    load: async () => {
      interface Interpreter {
        readonly run: (code: string) => void
        readonly exports: Readonly<Record<string, unknown>>
      }
      const { default: Sval } = await load<{ readonly default: new (options: object) => Interpreter }>("sval")
      const code = "let s = 0; for (let i = 0; i < 60000; i++) { if (i % 3) s += i; else s ^= i } exports.s = s"
      const run = () => {
        "use steppable"
        const interpreter = new Sval({ ecmaVer: "latest" })
        interpreter.run(code)
        return interpreter.exports["s"]
      }
      return { run, args: [], digest: (s: number) => s }
    }
  },
  "@lume/kiwi (constraints)": {
    package: "@lume/kiwi",
    load: async () => {
      interface Variable {
        readonly value: () => number
        readonly plus: (n: number) => unknown
      }
      interface Solver {
        readonly addConstraint: (constraint: unknown) => void
        readonly updateVariables: () => void
      }
      interface Kiwi {
        readonly Solver: new () => Solver
        readonly Variable: new () => Variable
        readonly Constraint: new (left: unknown, operator: number, right: unknown) => unknown
        readonly Operator: { readonly Eq: number; readonly Ge: number }
      }
      const { Constraint, Operator, Solver, Variable } = await load<Kiwi>("@lume/kiwi")
      const run = () => {
        "use steppable"
        const solver = new Solver()
        let last = new Variable()
        solver.addConstraint(new Constraint(last, Operator.Eq, 0))
        for (let i = 0; i < 700; i++) {
          const next = new Variable()
          solver.addConstraint(new Constraint(next, Operator.Ge, last.plus(i % 7)))
          solver.addConstraint(new Constraint(next, Operator.Eq, last.plus(i % 7)))
          last = next
        }
        solver.updateVariables()
        return last.value()
      }
      return { run, args: [], digest: (value: number) => value }
    }
  }
}
