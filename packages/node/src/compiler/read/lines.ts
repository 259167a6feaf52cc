/**
 * Lines and columns of offsets, both from 0; the starts of the lines are found once per text.
 */
export interface Place {
  readonly line: number
  readonly column: number
}

export const placesIn = (text: string): ((offset: number) => Place) => {
  const starts = [0]
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1)
  return (offset) => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    return { line: low, column: offset - starts[low]! }
  }
}
