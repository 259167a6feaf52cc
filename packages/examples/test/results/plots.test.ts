import { assert, it } from "vitest"
import * as plots from "../../src/results/plots.ts"

const plot = {
  title: "Light requests",
  x: "demand, %",
  y: "p99, ms",
  lines: [
    {
      side: "async-only",
      points: [
        [0, 2.5],
        [80, 900]
      ]
    },
    {
      side: "giveway",
      points: [
        [0, 2.4],
        [80, 4]
      ]
    }
  ]
} as const

it("tells the sides apart by name and symbol, and has a light and a dark form", () => {
  const [light, dark] = [plots.svg(plot, "light"), plots.svg(plot, "dark")]
  for (const svg of [light, dark]) {
    assert.match(svg, /^<svg[^]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/)
    for (const word of ["async only", "Giveway", "p99, ms", "demand, %"]) assert.include(svg, word)
    assert.notInclude(svg, "NaN")
  }
  assert.notStrictEqual(light, dark)
})
