/** Mutual recursion over a text, with the cursor in a variable that the parser's functions share. */
export function run(text: string): unknown {
  "use steppable"
  let at = 0
  function space(): void {
    for (;;) {
      const c = text.charCodeAt(at)
      if (c === 32 || c === 10 || c === 13 || c === 9) at++
      else return
    }
  }
  function string(): string {
    let start = ++at
    let out = ""
    for (;;) {
      const c = text.charCodeAt(at)
      if (c === 34) {
        out = out === "" ? text.slice(start, at) : out + text.slice(start, at)
        at++
        return out
      }
      if (c === 92) {
        out += text.slice(start, at) + text[at + 1]!
        at += 2
        start = at
      } else at++
    }
  }
  function number(): number {
    const start = at
    for (;;) {
      const c = text.charCodeAt(at)
      if ((c >= 48 && c <= 57) || c === 45 || c === 46 || c === 101 || c === 43) at++
      else break
    }
    return +text.slice(start, at)
  }
  function value(): unknown {
    space()
    const c = text.charCodeAt(at)
    if (c === 123) {
      at++
      const object: Record<string, unknown> = {}
      space()
      if (text.charCodeAt(at) === 125) {
        at++
        return object
      }
      for (;;) {
        space()
        const key = string()
        space()
        at++
        object[key] = value()
        space()
        const d = text.charCodeAt(at++)
        if (d === 125) return object
      }
    }
    if (c === 91) {
      at++
      const array: Array<unknown> = []
      space()
      if (text.charCodeAt(at) === 93) {
        at++
        return array
      }
      for (;;) {
        array.push(value())
        space()
        const d = text.charCodeAt(at++)
        if (d === 93) return array
      }
    }
    if (c === 34) return string()
    if (c === 116) {
      at += 4
      return true
    }
    if (c === 102) {
      at += 5
      return false
    }
    if (c === 110) {
      at += 4
      return null
    }
    return number()
  }
  return value()
}

export const input = (): Parameters<typeof run> => {
  const users = Array.from({ length: 30_000 }, (_, i) => ({
    id: i,
    name: `user ${i}`,
    tags: ["a", "b", String(i % 10)],
    pos: { x: i * 1.5, y: -i },
    ok: i % 2 === 0,
    nil: null
  }))
  return [JSON.stringify(users, null, 1)]
}

export const digest = (result: unknown): number => {
  const users = result as ReadonlyArray<{ readonly pos: { readonly x: number } }>
  return users.length + users[10]!.pos.x
}
