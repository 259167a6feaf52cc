/**
 * The event loop of the last two minutes, in two panels over one axis of time: the share of time in which fibers ran, in %, and the run
 * delay of 99 % of the slices, in ms. Stalls go through both. {@link Timeline.text} and {@link Timeline.rows} tell the same in words.
 */
import { ago, clock, count, ink, percent, whoText } from "./words.js"

/** The shown time grows from the first to the second, in ms, while the page is open. */
const shortestMs = 30_000
const longestMs = 120_000

/** The left edge of the drawing: labels of the axes stand before it. */
const gutter = 50

/** Heights in pixels: a panel, with a line above it for its title, and the labels of the time below. */
const panelHeight = 74
const titleHeight = 20

const shares = [0, 0.5, 1]

/** Run delays go over several powers of ten, so their axis has one step for each. */
const delays = [0.1, 1, 10, 100, 1000, 10_000]

const delayShare = (ms) => {
  const share = Math.log10(Math.max(ms, delays[0]) / delays[0]) / Math.log10(delays.at(-1) / delays[0])
  return Math.min(1, share)
}

/** Fits the canvas to the screen's pixels and returns its context. */
export const sharp = (canvas) => {
  const { clientHeight: height, clientWidth: width } = canvas
  canvas.width = width * devicePixelRatio
  canvas.height = height * devicePixelRatio
  const context = canvas.getContext("2d")
  context.scale(devicePixelRatio, devicePixelRatio)
  return { context, height, width }
}

const panelOf = (index, title) => {
  const top = index * (panelHeight + titleHeight) + titleHeight
  return { title, top, floor: top + panelHeight, y: (share) => top + panelHeight * (1 - share) }
}

const busyPanel = panelOf(0, "fibers run, % of the time")
const delayPanel = panelOf(1, "run delay of 99 % of the slices, logarithmic")

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

  /** Forgets everything: another process answers. */
  clear() {
    this.points = []
    this.stalls = []
  }

  get spanMs() {
    const first = this.points[0]?.at ?? this.now
    return Math.min(longestMs, Math.max(shortestMs, (this.now - first) * 1.1))
  }

  get now() {
    return this.points.at(-1)?.at ?? Date.now()
  }

  get shownStalls() {
    return this.stalls.filter(({ ms, startedAt }) => startedAt + ms > this.now - this.spanMs)
  }

  x(at) {
    return gutter + (this.canvas.clientWidth - gutter) * (1 - (this.now - at) / this.spanMs)
  }

  stallAt(x) {
    if (x < gutter) return undefined
    return this.stalls.find((stall) => x >= this.x(stall.startedAt) - 2 && x <= this.x(stall.startedAt + stall.ms) + 2)
  }

  /** What is drawn, in a sentence. */
  text() {
    if (this.points.length === 0) return "Nothing has been measured yet."
    const most = (of) => this.points.reduce((most, point) => Math.max(most, of(point)), 0)
    const mean = this.points.reduce((sum, { busy }) => sum + busy, 0) / this.points.length
    const delayMs = most((point) => point.delayMs)
    const waited = delayMs === 0 ? "no slice was queued" : `run delay up to ${ago(delayMs)}`
    const { length } = this.shownStalls
    return `In the last ${ago(this.now - this.points[0].at)}: fibers ran ${percent(mean)} of the time, ${percent(most(({ busy }) => busy))} at most; ${waited}; ${length === 0 ? "no stall" : count(length, "stall")}.`
  }

  /** What is drawn, as rows of a table: one for ten seconds, the newest first. */
  rows() {
    const tens = Map.groupBy(this.points, ({ at }) => Math.floor(at / 10_000) * 10_000)
    return Array.from(tens, ([from, points]) => {
      const stalls = this.stalls.filter(({ ms, startedAt }) => startedAt < from + 10_000 && startedAt + ms >= from)
      const delayMs = Math.max(...points.map((point) => point.delayMs))
      return [
        clock(from),
        percent(points.reduce((sum, { busy }) => sum + busy, 0) / points.length),
        delayMs === 0 ? "–" : ago(delayMs),
        stalls.map((stall) => `${whoText(stall)} ${ago(stall.ms)}`).join(", ")
      ]
    }).reverse()
  }

  hover({ clientX, clientY, offsetX }, tip) {
    const stall = this.stallAt(offsetX)
    const at = this.now - (1 - (offsetX - gutter) / (this.canvas.clientWidth - gutter)) * this.spanMs
    const point = offsetX < gutter ? undefined : this.points.findLast((one) => one.at <= at)
    const text =
      stall === undefined
        ? point &&
          `${clock(point.at)}\nfibers ran ${percent(point.busy)} of the time\n${point.delayMs === 0 ? "no slice was queued" : `run delay of 99 %: ${ago(point.delayMs)}`}`
        : `${clock(stall.startedAt)}  held for ${ago(stall.ms)}\n${whoText(stall)}, ${stall.cause}`
    tip.hidden = text === undefined
    tip.textContent = text ?? ""
    tip.style.left = `${Math.max(0, Math.min(clientX + 14, innerWidth - 260))}px`
    tip.style.top = `${clientY + 16}px`
  }

  draw() {
    const { context, width } = sharp(this.canvas)
    context.font = "11px system-ui, sans-serif"
    this.axis(context, width, busyPanel, shares, (share) => share, percent)
    this.axis(context, width, delayPanel, delays, delayShare, ago)
    this.times(context, width)
    context.save()
    context.beginPath()
    context.rect(gutter, 0, width - gutter, delayPanel.floor + 1)
    context.clip()
    for (const stall of this.stalls) this.stall(context, stall, width)
    this.area(context)
    this.delays(context)
    context.restore()
  }

  axis(context, width, { floor, title, top, y }, ticks, shareOf, textOf) {
    context.lineWidth = 1
    context.strokeStyle = ink("line")
    context.fillStyle = ink("ink")
    context.textAlign = "left"
    context.fillText(title, gutter, top - 7)
    context.fillStyle = ink("soft")
    context.textAlign = "right"
    let labelled = Infinity
    for (const tick of ticks) {
      const at = Math.round(y(shareOf(tick))) + 0.5
      context.beginPath()
      context.moveTo(gutter, at)
      context.lineTo(width, at)
      context.stroke()
      // labels need room
      if (labelled - at < 13) continue
      labelled = at
      context.fillText(textOf(tick).replace(".0 ", " "), gutter - 6, at + (tick === ticks[0] ? 0 : 4))
    }
    context.beginPath()
    context.moveTo(gutter + 0.5, top)
    context.lineTo(gutter + 0.5, floor)
    context.stroke()
  }

  times(context, width) {
    const { spanMs } = this
    const step = spanMs > 60_000 ? 30_000 : 10_000
    context.fillStyle = ink("soft")
    for (let back = 0; back < spanMs * 0.97; back += step) {
      const label = back === 0 ? "now" : `−${back / 1000} s`
      context.textAlign = back === 0 ? "right" : "center"
      const x = back === 0 ? width : this.x(this.now - back)
      if (x > gutter + 14) context.fillText(label, x, delayPanel.floor + 15)
    }
  }

  stall(context, { isOpen, ms, startedAt, ...by }, width) {
    const from = Math.max(gutter, this.x(startedAt))
    const to = Math.max(from + 2, this.x(startedAt + ms))
    if (to < gutter || from > width) return
    context.fillStyle = ink("stall")
    for (const { floor, top } of [busyPanel, delayPanel]) {
      context.globalAlpha = isOpen ? 0.3 : 0.18
      context.fillRect(from, top, to - from, floor - top)
      context.globalAlpha = 1
      context.fillRect(from, top - 3, to - from, 3)
    }
    context.textAlign = "left"
    context.fillStyle = ink("ink")
    const room = to - from - 12
    const label = `held by ${whoText(by)}`
    if (room > context.measureText(label).width) context.fillText(label, from + 6, busyPanel.top + 15)
    const waits = "no fiber gets a slice"
    if (room > context.measureText(waits).width) context.fillText(waits, from + 6, delayPanel.top + 15)
  }

  area(context) {
    if (this.points.length < 2) return
    const { floor, y } = busyPanel
    context.fillStyle = ink("busy")
    context.strokeStyle = ink("busy")
    context.beginPath()
    context.moveTo(this.x(this.points[0].at), floor)
    for (const { at, busy } of this.points) context.lineTo(this.x(at), y(busy))
    context.lineTo(this.x(this.now), floor)
    context.globalAlpha = 0.28
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    for (const { at, busy } of this.points) context.lineTo(this.x(at), y(busy))
    context.lineWidth = 1.5
    context.stroke()
  }

  delays(context) {
    context.strokeStyle = ink("delay")
    context.lineWidth = 1.5
    context.beginPath()
    let isOn = false
    for (const { at, delayMs } of this.points) {
      const y = delayPanel.y(delayShare(delayMs))
      // no fiber is resumed while the loop is held, so the line has a gap there
      if (delayMs === 0) isOn = false
      else if (isOn) context.lineTo(this.x(at), y)
      else {
        // a point alone is to be seen too
        context.moveTo(this.x(at) - 2, y)
        context.lineTo(this.x(at), y)
      }
      isOn = delayMs > 0
    }
    context.stroke()
  }
}
