/**
 * A thing of the process that one layer has at a time: the first that asks has it, and when it leaves the next one takes over.
 *
 * **Invariant.** A layer takes it once, and only while no other has it.
 *
 * Decision 0126.
 */

interface Line {
  /** Calls `take` when it is this layer's turn, at once if nobody has it. Returns how to leave. */
  readonly join: (take: () => void) => () => void
}

export const make = (): Line => {
  const line: Array<{ readonly take: () => void }> = []
  return {
    join: (take) => {
      const one = { take }
      line.push(one)
      if (line[0] === one) take()
      return () => {
        const index = line.indexOf(one)
        if (index === -1) return
        line.splice(index, 1)
        if (index === 0) line[0]?.take()
      }
    }
  }
}
