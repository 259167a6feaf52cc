import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { readFileSync } from "node:fs"
import { decode, encode, NotAnImage, readSize } from "../../src/thumbnails/jpeg.ts"
import { photographs } from "../../src/thumbnails/photographs.ts"

const sizes: Readonly<Record<string, readonly [width: number, height: number]>> = {
  astronaut: [512, 512],
  coffee: [600, 400],
  dandelion: [1600, 900],
  hubble: [1000, 872],
  retina: [1411, 1411],
  rocket: [640, 427]
}

const reasonOf = (result: Result.Result<unknown, NotAnImage>): string => {
  assert.isTrue(Result.isFailure(result))
  return Result.isFailure(result) ? result.failure.message : ""
}

describe("the codec", () => {
  for (const { id, path } of photographs) {
    it.effect(`reads ${id}, its size from the header alone`, () =>
      Effect.gen(function* () {
        const bytes = readFileSync(path)
        const [width, height] = sizes[id]!
        assert.deepStrictEqual(yield* Effect.fromResult(readSize(bytes)), { height, width })
        const bitmap = yield* decode(bytes)
        assert.deepStrictEqual([bitmap.width, bitmap.height, bitmap.data.length], [width, height, width * height * 3])
      })
    )
  }

  it.effect("writes what it can read again, nearly the same", () =>
    Effect.gen(function* () {
      const data = Uint8Array.from({ length: 64 * 48 * 3 }, (_, index) => 60 + ((index / 3) % 64) * 2)
      const again = yield* decode(encode({ data, height: 48, width: 64 }, 90))
      const worst = again.data.reduce((most, code, index) => Math.max(most, Math.abs(code - data[index]!)), 0)
      assert.isBelow(worst, 10)
    })
  )

  it("says what is wrong with a header", () => {
    const header = (width: number, height: number) =>
      Uint8Array.from([0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3])
    assert.include(reasonOf(readSize(new Uint8Array())), "does not start with a JPEG header")
    assert.include(reasonOf(readSize(new TextEncoder().encode("<html></html>"))), "does not start")
    assert.include(reasonOf(readSize(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16))), "ends before its size")
    assert.include(reasonOf(readSize(Uint8Array.of(0xff, 0xd8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10))), "marker was expected")
    assert.include(reasonOf(readSize(header(0, 10))), "0 × 10")
    assert.include(reasonOf(readSize(header(20_000, 20_000))), "24 megapixels")
    assert.isTrue(Result.isSuccess(readSize(header(6000, 4000))))
  })

  it.effect("fails, typed, where only the header is whole", () =>
    Effect.gen(function* () {
      const whole = readFileSync(photographs[0]!.path)
      const error = yield* Effect.flip(decode(whole.subarray(0, 8000)))
      assert.instanceOf(error, NotAnImage)
    })
  )
})
