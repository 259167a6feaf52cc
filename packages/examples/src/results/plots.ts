/**
 * Plots as SVG, in a light and a dark form.
 *
 * **Invariant.** Sides are told apart by colour, by symbol and by their names at the end of each line: the colours are those of Okabe and Ito
 * (2008), which people who see few colours tell apart, and nobody needs them.
 */
import * as Observable from "@observablehq/plot"
import { parseHTML } from "linkedom"
import type { Plot } from "../scenario/Scenario.ts"

export type Theme = "light" | "dark"

const themes = {
  light: { ink: "#1f2328", paper: "#ffffff", sides: ["#d55e00", "#0072b2", "#009e73", "#cc79a7"] },
  dark: { ink: "#e6edf3", paper: "#0d1117", sides: ["#e69f00", "#56b4e9", "#00c08b", "#e0a0c8"] }
} as const

const symbols = ["times", "circle", "square", "triangle"] as const

/** The order that gives each side its colour and symbol on all plots. */
const order = ["async-only", "giveway", "pool"]

const titles: Readonly<Record<string, string>> = {
  "async-only": "async only",
  giveway: "Giveway",
  pool: "a plain pool"
}

export const titleOf = (side: string): string => titles[side] ?? side

const rank = (side: string): number => {
  const found = order.indexOf(side)
  return found === -1 ? symbols.length - 1 : found
}

/** A line for each side, y on a logarithmic scale. */
export const svg = ({ lines, title, x, y }: Plot, theme: Theme): string => {
  const { ink, paper, sides } = themes[theme]
  const { document } = parseHTML("<!doctype html><html><body></body></html>")
  const points = lines.flatMap(({ points, side }) =>
    points.map(([at, value]) => ({ side, at, value: Math.max(value, 0.1) }))
  )
  const last = lines.map(({ points, side }) => ({
    side,
    at: points.at(-1)![0],
    value: Math.max(points.at(-1)![1], 0.1)
  }))
  const plot = Observable.plot({
    document: document as unknown as Document,
    title,
    figure: false,
    width: 720,
    height: 380,
    marginLeft: 60,
    marginRight: 110,
    marginBottom: 45,
    style: { background: paper, color: ink, fontSize: "13px", fontFamily: "system-ui, sans-serif" },
    x: { label: x, nice: true },
    y: { label: y, type: "log", grid: true, tickFormat: "~s" },
    marks: lines.flatMap(({ side }) => {
      const own = points.filter((point) => point.side === side)
      const color = sides[rank(side)]!
      return [
        Observable.lineY(own, { x: "at", y: "value", stroke: color, strokeWidth: 2.5 }),
        Observable.dot(own, { x: "at", y: "value", stroke: color, symbol: symbols[rank(side)]!, r: 5, strokeWidth: 2 }),
        Observable.text(
          last.filter((end) => end.side === side),
          {
            x: "at",
            y: "value",
            text: () => titleOf(side),
            dx: 12,
            textAnchor: "start",
            fill: color,
            fontWeight: "bold"
          }
        )
      ]
    })
  })
  plot.setAttribute("xmlns", "http://www.w3.org/2000/svg")
  plot.setAttribute("role", "img")
  plot.setAttribute("aria-label", `${title}. ${y}, by ${x}.`)
  return `${plot.outerHTML}\n`
}
