/** Array callbacks. */
export function run(a: ReadonlyArray<number>): number {
  "use steppable"
  const b = a.map((x, i) => x * 2 + i)
  const c = b.filter((x) => x % 3 !== 0)
  return c.reduce((s, x) => s + x, 0)
}

export const input = (): Parameters<typeof run> => [Array.from({ length: 1_000_000 }, (_, i) => i)]

export const digest = (result: number): number => result
