/**
 * The event loop of the last two minutes: the share of time in which fibers ran, their run delays, and the stalls.
 */
import { ago, clock, ink, percent, whoText } from "./words.js"

/** The shown time grows from the first to the second, in ms, while the page is open. */
const shortestMs = 30_000
const longestMs = 120_000

/** Run delays from 0.1 ms to 1 s fill the height, by their logarithm. */
const delayShare = (ms) => Math.min(1, Math.max(0, Math.log10(Math.max(ms, 0.1) * 10) / 4))

/** Fits the canvas to the screen's pixels and returns its context. */
export const sharp = (canvas) => {
  const { clientHeight: height, clientWidth: width } = canvas
  canvas.width = width * devicePixelRatio
  canvas.height = height * devicePixelRatio
  const context = canvas.getContext("2d")
  context.scale(devicePixelRatio, devicePixelRatio)
  return { context, height, width }
}

export class Timeline {
  points = []
  stalls = []

  constructor(canvas, tip, onStall) {
    this.canvas = canvas
    canvas.addEventListener("pointermove", (event) => this.hover(event, tip))
    canvas.addEventListener("pointerleave", () => (tip.hidden = true))
    canvas.addEventListener("click", (event) => {
      const stall = this.stallAt(event.offsetX)
      if (stall !== undefined) onStall(stall)
    })
    addEventListener("resize", () => this.draw())
  }

  add(point, stalls) {
    this.points.push(point)
    while (this.points[0].at < point.at - longestMs - 2000) this.points.shift()
    this.stalls = stalls
    this.draw()
  }

  get spanMs() {
    const first = this.points[0]?.at ?? this.now
    return Math.min(longestMs, Math.max(shortestMs, (this.now - first) * 1.1))
  }

  get now() {
    return this.points.at(-1)?.at ?? Date.now()
  }

  x(at) {
    return this.canvas.clientWidth * (1 - (this.now - at) / this.spanMs)
  }

  stallAt(x) {
    return this.stalls.find((stall) => x >= this.x(stall.startedAt) - 2 && x <= this.x(stall.startedAt + stall.ms) + 2)
  }

  hover({ clientX, clientY, offsetX }, tip) {
    const stall = this.stallAt(offsetX)
    const at = this.now - (1 - offsetX / this.canvas.clientWidth) * this.spanMs
    const point = this.points.findLast((one) => one.at <= at)
    const text =
      stall === undefined
        ? point &&
          `${clock(point.at)}\nfibers ran ${percent(point.busy)} of the time\nrun delay, 99 %: ${ago(point.delayMs)}`
        : `${clock(stall.startedAt)}  held for ${ago(stall.ms)}\n${whoText(stall)}, ${stall.cause}`
    tip.hidden = text === undefined
    tip.textContent = text ?? ""
    tip.style.left = `${Math.min(clientX + 14, innerWidth - 260)}px`
    tip.style.top = `${clientY + 16}px`
  }

  draw() {
    const { context, height, width } = sharp(this.canvas)
    const floor = height - 18
    context.font = "11px system-ui, sans-serif"
    context.lineWidth = 1
    this.grid(context, width, floor)
    for (const stall of this.stalls) this.stall(context, stall, floor, width)
    this.area(context, floor)
    this.delays(context, floor)
  }

  grid(context, width, floor) {
    context.strokeStyle = ink("line")
    context.fillStyle = ink("soft")
    for (const share of [0, 0.5, 1]) {
      const y = Math.round(floor - share * (floor - 6)) + 0.5
      context.beginPath()
      context.moveTo(0, y)
      context.lineTo(width, y)
      context.stroke()
    }
    const { spanMs } = this
    const step = spanMs > 60_000 ? 30_000 : 10_000
    for (let back = 0; back < spanMs * 0.97; back += step) {
      const label = back === 0 ? "now" : `−${back / 1000} s`
      context.textAlign = back === 0 ? "right" : "center"
      context.fillText(label, this.x(this.now - back), floor + 14)
    }
    context.textAlign = "left"
    context.fillText("100 %", 0, 17)
  }

  stall(context, { isOpen, ms, startedAt, ...by }, floor, width) {
    const from = Math.max(0, this.x(startedAt))
    const to = Math.max(from + 2, this.x(startedAt + ms))
    if (to < 0 || from > width) return
    context.fillStyle = ink("stall")
    context.globalAlpha = isOpen ? 0.32 : 0.2
    context.fillRect(from, 6, to - from, floor - 6)
    context.globalAlpha = 1
    context.fillRect(from, 2, to - from, 4)
    const label = whoText(by)
    if (to - from > context.measureText(label).width + 10) context.fillText(label, from + 5, 19)
  }

  area(context, floor) {
    if (this.points.length < 2) return
    context.fillStyle = ink("busy")
    context.strokeStyle = ink("busy")
    context.beginPath()
    context.moveTo(this.x(this.points[0].at), floor)
    for (const { at, busy } of this.points) context.lineTo(this.x(at), floor - busy * (floor - 6))
    context.lineTo(this.x(this.now), floor)
    context.globalAlpha = 0.28
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    for (const { at, busy } of this.points) context.lineTo(this.x(at), floor - busy * (floor - 6))
    context.lineWidth = 1.5
    context.stroke()
  }

  delays(context, floor) {
    context.strokeStyle = ink("delay")
    context.lineWidth = 1.5
    context.beginPath()
    let isOn = false
    for (const { at, delayMs } of this.points) {
      const y = floor - delayShare(delayMs) * (floor - 6)
      // no fiber is resumed while the loop is held, so the line has a gap there
      if (delayMs === 0) isOn = false
      else if (isOn) context.lineTo(this.x(at), y)
      else context.moveTo(this.x(at), y)
      isOn = delayMs > 0
    }
    context.stroke()
  }
}
