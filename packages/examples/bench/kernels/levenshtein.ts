/** Two nested loops over strings and arrays. */
const zeros = (length: number): Array<number> => Array.from<number>({ length }).fill(0)

export function run(a: string, b: string): number {
  "use steppable"
  const m = a.length
  const n = b.length
  let p = zeros(n + 1)
  let q = zeros(n + 1)
  for (let j = 0; j <= n; j++) {
    p[j] = j
  }
  for (let i = 1; i <= m; i++) {
    q[0] = i
    const ca = a.charCodeAt(i - 1)
    for (let j = 1; j <= n; j++) {
      const cost = ca === b.charCodeAt(j - 1) ? 0 : 1
      let v = p[j - 1]! + cost
      const w = p[j]! + 1
      const x = q[j - 1]! + 1
      if (w < v) v = w
      if (x < v) v = x
      q[j] = v
    }
    const t = p
    p = q
    q = t
  }
  return p[n]!
}

export const input = (): Parameters<typeof run> => {
  let s = 7
  const random = (n: number): string =>
    Array.from({ length: n }, () =>
      String.fromCharCode(97 + (((s = (s * 1_103_515_245 + 12_345) & 0x7fffffff) >> 8) % 6))
    ).join("")
  return [random(3000), random(3000)]
}

export const digest = (result: number): number => result
