/**
 * The line and the column of an offset, both from 1, as editors count. The starts of the lines are found once per text.
 */
export interface LineColumn {
  readonly line: number
  readonly column: number
}

export const lineColumnsIn = (text: string): ((offset: number) => LineColumn) => {
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
    return { line: low + 1, column: offset - starts[low]! + 1 }
  }
}
