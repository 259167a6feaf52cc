/** A string built piece by piece, then read. */
export function run(n: number): number {
  "use steppable"
  let out = ""
  for (let i = 0; i < n; i++) {
    let word = ""
    let v = i
    while (v > 0) {
      word = String.fromCharCode(97 + (v % 26)) + word
      v = (v / 26) | 0
    }
    out += word
    if (i % 7 === 0) out += " "
    else out += "-"
  }
  let hash = 0
  for (let i = 0; i < out.length; i++) {
    hash = (hash * 31 + out.charCodeAt(i)) | 0
  }
  return hash
}

export const input = (): Parameters<typeof run> => [400_000]

export const digest = (result: number): number => result
