import { Pure } from "@giveway/core"

/** A pure function: it stays on the event loop, in slices, and others are served between two of them. */
export const factors = Pure.fn("factors", (n: number) => {
  const found: Array<number> = []
  let rest = n
  for (let divisor = 2; divisor * divisor <= rest; divisor++) {
    while (rest % divisor === 0) {
      found.push(divisor)
      rest /= divisor
    }
  }
  return rest > 1 ? [...found, rest] : found
})
