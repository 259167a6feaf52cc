/** An image made smaller by Lanczos' filter, rows first, then columns. */

interface Weights {
  /** the first source pixel of each target pixel */
  readonly starts: Int32Array
  readonly counts: Int32Array
  /** `width` weights for each target pixel */
  readonly values: Float32Array
  readonly width: number
}

const lobes = 3

const lanczos = (x: number): number => {
  if (x === 0) return 1
  if (x <= -lobes || x >= lobes) return 0
  const t = Math.PI * x
  return (lobes * Math.sin(t) * Math.sin(t / lobes)) / (t * t)
}

const weightsOf = (from: number, to: number): Weights => {
  const scale = from / to
  const support = lobes * Math.max(1, scale)
  const width = Math.ceil(support) * 2 + 1
  const starts = new Int32Array(to)
  const counts = new Int32Array(to)
  const values = new Float32Array(to * width)
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.floor(centre - support))
    const end = Math.min(from, Math.ceil(centre + support), start + width)
    let sum = 0
    for (let j = start; j < end; j++) {
      const value = lanczos((j + 0.5 - centre) / Math.max(1, scale))
      values[i * width + j - start] = value
      sum += value
    }
    for (let j = 0; j < end - start; j++) values[i * width + j] = values[i * width + j]! / sum
    starts[i] = start
    counts[i] = end - start
  }
  return { starts, counts, values, width }
}

export function run(
  source: Uint8ClampedArray,
  width: number,
  height: number,
  toWidth: number,
  toHeight: number
): Uint8ClampedArray {
  "use steppable"
  const across = weightsOf(width, toWidth)
  const middle = new Float32Array(toWidth * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < toWidth; x++) {
      let r = 0
      let g = 0
      let b = 0
      let a = 0
      const count = across.counts[x]!
      let from = (y * width + across.starts[x]!) * 4
      let at = x * across.width
      for (let i = 0; i < count; i++) {
        const w = across.values[at]!
        r += w * source[from]!
        g += w * source[from + 1]!
        b += w * source[from + 2]!
        a += w * source[from + 3]!
        from += 4
        at++
      }
      const to = (y * toWidth + x) * 4
      middle[to] = r
      middle[to + 1] = g
      middle[to + 2] = b
      middle[to + 3] = a
    }
  }
  const down = weightsOf(height, toHeight)
  const target = new Uint8ClampedArray(toWidth * toHeight * 4)
  const stride = toWidth * 4
  for (let y = 0; y < toHeight; y++) {
    const start = down.starts[y]! * stride
    const count = down.counts[y]!
    const weights = y * down.width
    for (let x = 0; x < stride; x++) {
      let sum = 0
      let from = start + x
      for (let i = 0; i < count; i++) {
        sum += down.values[weights + i]! * middle[from]!
        from += stride
      }
      target[y * stride + x] = sum
    }
  }
  return target
}

export const input = (): Parameters<typeof run> => {
  const width = 800
  const height = 600
  const source = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < source.length; i++) {
    const pixel = i >> 2
    source[i] = (i & 3) === 3 ? 255 : ((pixel % width) * (i & 3) + ((pixel / width) | 0) * 3) ^ (pixel >> 5)
  }
  return [source, width, height, 320, 240]
}

export const digest = (result: Uint8ClampedArray): number => result.reduce((sum, each) => (sum * 31 + each) | 0, 0)
