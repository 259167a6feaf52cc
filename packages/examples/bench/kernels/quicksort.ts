/** Recursion with loops in it, over an array of numbers. */
function sort(a: Array<number>, from: number, to: number): void {
  let lo = from
  let hi = to
  while (hi - lo > 16) {
    const p = a[(lo + hi) >> 1]!
    let i = lo
    let j = hi
    while (i <= j) {
      while (a[i]! < p) i++
      while (a[j]! > p) j--
      if (i <= j) {
        const t = a[i]!
        a[i] = a[j]!
        a[j] = t
        i++
        j--
      }
    }
    if (j - lo < hi - i) {
      sort(a, lo, j)
      lo = i
    } else {
      sort(a, i, hi)
      hi = j
    }
  }
  for (let i = lo + 1; i <= hi; i++) {
    const v = a[i]!
    let j = i - 1
    while (j >= lo && a[j]! > v) {
      a[j + 1] = a[j]!
      j--
    }
    a[j + 1] = v
  }
}

export function run(source: ReadonlyArray<number>): Array<number> {
  "use steppable"
  const a = source.slice()
  sort(a, 0, a.length - 1)
  return a
}

export const input = (): Parameters<typeof run> => {
  let s = 42
  return [Array.from({ length: 400_000 }, () => (s = (s * 1_103_515_245 + 12_345) & 0x7fffffff))]
}

export const digest = (result: ReadonlyArray<number>): number => result[1000]!
