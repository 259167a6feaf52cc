import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Bitmap } from "../../src/thumbnails/jpeg.ts"
import { resize } from "../../src/thumbnails/resize.ts"

const bitmap = (width: number, height: number, pixel: (x: number, y: number) => readonly [number, number, number]) => {
  const data = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(pixel(x, y), (y * width + x) * 3)
  }
  return { data, height, width } satisfies Bitmap
}

/** The light a picture gives off, 0 to 1 on average. */
const meanLight = ({ data }: Bitmap): number => {
  let sum = 0
  for (const code of data) {
    const value = code / 255
    sum += value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return sum / data.length
}

const code = fc.integer({ max: 255, min: 0 })

describe("resize", () => {
  it("keeps the shape, whatever the sizes", () => {
    fc.assert(
      fc.property(
        fc.integer({ max: 90, min: 1 }),
        fc.integer({ max: 90, min: 1 }),
        fc.integer({ max: 90, min: 1 }),
        (width, height, target) => {
          const resized = resize(
            bitmap(width, height, () => [1, 2, 3]),
            target
          )
          expect(resized.width).toBe(Math.min(width, target))
          expect(Math.abs(resized.height - (height * resized.width) / width)).toBeLessThanOrEqual(
            resized.height === 1 ? 1 : 0.5
          )
          expect(resized.data.length).toBe(resized.width * resized.height * 3)
        }
      )
    )
  })

  it("leaves a flat picture exactly as it is, for every colour", () => {
    fc.assert(
      fc.property(fc.tuple(code, code, code), fc.integer({ max: 31, min: 1 }), (color, target) => {
        const resized = resize(
          bitmap(32, 20, () => color),
          target
        )
        for (let index = 0; index < resized.data.length; index++) expect(resized.data[index]).toBe(color[index % 3])
      })
    )
  })

  it("keeps the light: bright points on black do not fade", () => {
    const stars = bitmap(120, 120, (x, y) => (x % 6 === 3 && y % 6 === 3 ? [255, 255, 255] : [0, 0, 0]))
    expect(meanLight(resize(stars, 20))).toBeCloseTo(meanLight(stars), 2)
  })

  it("does not mirror or turn: what is red at the top left stays there", () => {
    const corner = bitmap(60, 40, (x, y) => (x < 30 && y < 20 ? [200, 0, 0] : [0, 0, 0]))
    const { data, height, width } = resize(corner, 12)
    const red = (x: number, y: number): number => data[(y * width + x) * 3]!
    expect(red(1, 1)).toBe(200)
    expect(red(width - 2, 1)).toBe(0)
    expect(red(1, height - 2)).toBe(0)
  })

  it("never enlarges", () => {
    const small = bitmap(10, 10, () => [9, 9, 9])
    expect(resize(small, 400)).toBe(small)
  })
})
