/** A function of another module that throws after some slices. */
export function descend(n: number): number {
  "use steppable"
  let s = 0
  for (let i = 0; i < 300_000; i++) s = (s * 31 + n) % 1009
  if (n === 0) throw new RangeError("too far")
  const below = descend(n - 1)
  return below + s
}
