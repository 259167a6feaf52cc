/** Strided writes with a step that differs from round to round. */
export function run(n: number): number {
  "use steppable"
  const composite = new Uint8Array(n + 1)
  let count = 0
  for (let i = 2; i <= n; i++) {
    if (composite[i] === 0) {
      count++
      for (let j = i * i; j <= n; j += i) {
        composite[j] = 1
      }
    }
  }
  return count
}

export const input = (): Parameters<typeof run> => [4_000_000]

export const digest = (result: number): number => result
