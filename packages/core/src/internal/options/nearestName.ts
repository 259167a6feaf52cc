/**
 * The name that somebody meant who wrote another.
 */

/** The one of `names` that is nearest to `written`, if any is near: at most a third of its letters have to change. */
export const nearest = (written: string, names: ReadonlyArray<string>): string | undefined => {
  let found: string | undefined
  let least = Infinity
  for (const name of names) {
    const changes = distance(written.toLowerCase(), name.toLowerCase())
    if (changes < least && changes * 3 <= Math.max(written.length, name.length)) {
      found = name
      least = changes
    }
  }
  return found
}

/** How many letters have to be inserted, removed or replaced to make `b` of `a` (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    }
    row = next
  }
  return row[b.length]!
}
