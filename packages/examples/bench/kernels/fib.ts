/** Nothing but calls. */
export function run(n: number): number {
  "use steppable"
  if (n < 2) return n
  return run(n - 1) + run(n - 2)
}

export const input = (): Parameters<typeof run> => [34]

export const digest = (result: number): number => result
