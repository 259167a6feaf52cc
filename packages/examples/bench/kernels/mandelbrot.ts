/** A short loop of floating-point work, called for each pixel. */
function iterations(cr: number, ci: number, max: number): number {
  let x = 0
  let y = 0
  let k = 0
  while (k < max && x * x + y * y < 4) {
    const t = x * x - y * y + cr
    y = 2 * x * y + ci
    x = t
    k++
  }
  return k
}

export function run(width: number, height: number, max: number): number {
  "use steppable"
  let total = 0
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      total += iterations((px / width) * 3 - 2, (py / height) * 2 - 1, max)
    }
  }
  return total
}

export const input = (): Parameters<typeof run> => [300, 200, 200]

export const digest = (result: number): number => result
