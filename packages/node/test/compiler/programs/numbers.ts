/** A helper that other modules' pure functions call, and a refused one. */
export function triangle(n: number): number {
  "use steppable"
  let s = 0
  for (let i = 0; i < n; i++) s += i
  return s
}

export const counted = async (n: number): Promise<number> => {
  "use steppable"
  let calls = 0
  for (let i = 0; i < n; i++) calls++
  return calls
}
