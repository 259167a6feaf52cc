/** Three nested loops over typed arrays. */
export function run(a: Float64Array, b: Float64Array, n: number): Float64Array {
  "use steppable"
  const c = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let s = 0
      for (let k = 0; k < n; k++) {
        s += a[i * n + k]! * b[k * n + j]!
      }
      c[i * n + j] = s
    }
  }
  return c
}

export const input = (): Parameters<typeof run> => {
  const n = 220
  return [new Float64Array(n * n).map((_, i) => i % 7), new Float64Array(n * n).map((_, i) => i % 5), n]
}

export const digest = (result: Float64Array): number => result[77]!
