/** Recursion inside a loop. */
function place(n: number, row: number, cols: Array<number>, d1: Array<number>, d2: Array<number>): number {
  if (row === n) return 1
  let found = 0
  for (let i = 0; i < n; i++) {
    if (cols[i] === 0 && d1[row + i] === 0 && d2[row - i + n] === 0) {
      cols[i] = 1
      d1[row + i] = 1
      d2[row - i + n] = 1
      found += place(n, row + 1, cols, d1, d2)
      cols[i] = 0
      d1[row + i] = 0
      d2[row - i + n] = 0
    }
  }
  return found
}

const zeros = (length: number): Array<number> => Array.from<number>({ length }).fill(0)

export function run(n: number): number {
  "use steppable"
  return place(n, 0, zeros(n), zeros(2 * n), zeros(2 * n + 1))
}

export const input = (): Parameters<typeof run> => [11]

export const digest = (result: number): number => result
