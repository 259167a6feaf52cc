interface Limit {
  readonly limit: number
}

/** Throws after some slices, two calls deep. */
export const fails = (n: number): number => {
  "use steppable"
  let s = 0
  for (let i = 0; i < n; i++) s += i
  return s + deeper(n, { limit: n - 1 } satisfies Limit)
}

function deeper(n: number, { limit }: Limit): number {
  let last = 0
  for (let i = 0; i < n; i++) {
    if (i === limit) throw new Error("too deep")
    last = i
  }
  return last
}
