/**
 * Times, names and colours, the same in every part of the page.
 */

/** "340 ms", "5.1 s", "12 min" */
export const ago = (ms) => {
  if (ms < 0.05) return "0 ms"
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 5_970_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}

export const percent = (share) => `${(share * 100).toFixed(share < 0.0995 ? 1 : 0)} %`

export const clock = (at) => new Date(at).toTimeString().slice(0, 8)

export const placeText = (place) => (place === undefined ? "" : plain(`${place.file}:${place.line}`))

/** The holder as text: a span, a fiber, or that it is no fiber. */
export const whoText = ({ cause, fiberId, name }) =>
  plain(name ?? (fiberId === undefined ? `no fiber (${cause})` : `fiber #${fiberId}`))

/** A hue for a name, the same everywhere and every time. */
export const hueOf = (name) => {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 9973
  return (hash * 47) % 360
}

export const isDark = () => {
  const { theme } = document.documentElement.dataset
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark"
}

/** The name of fibers in no span. */
export const nameless = "(no span)"

export const colourOf = (name) => {
  if (name === nameless) return isDark() ? "#3a3d48" : "#e3e2dc"
  const hue = hueOf(name)
  return isDark() ? `hsl(${hue} 38% 36%)` : `hsl(${hue} 62% 83%)`
}

/** A colour of the style sheet, for a canvas. */
export const ink = (variable) => {
  const probe = document.createElement("i")
  probe.style.color = `var(--${variable})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}

/** A name of more letters is cut where it is shown. */
const longestText = 20_000

/**
 * A text as it may be shown. A name may hold any character: those that show nothing, or turn the direction of what follows,
 * so that a name looks like another, are shown as a mark.
 */
export const plain = (text) => plainLines(text).replaceAll("\n", "\ufffd")

/** The same of a text with lines of its own, as stacks are. */
const plainLines = (text) => text.slice(0, longestText).replace(/[^\P{C}\n]|[\u2028\u2029]/gu, "\ufffd")

/** An element. Texts are texts: nothing here reads HTML. */
export const make = (tag, attributes = {}, ...children) => {
  const shown = tag === "pre" ? plainLines : plain
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : plainLines(String(value)))
  }
  element.append(
    ...children
      .filter((child) => child !== undefined)
      .map((child) => (typeof child === "string" ? shown(child) : child))
  )
  return element
}

/** The frames below that of the evaluated expression, without those of Node, Effect and Giveway. */
export const userFrames = (stack) => {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line))
  const evaluated = frames.findLastIndex((line) => /^\s+at <anonymous>:\d+:\d+$/.test(line))
  const others = /node:|\/node_modules\/@?effect\/|\/(@giveway|packages)\/(core|node)\/(src|dist)\//
  return frames
    .slice(evaluated + 1)
    .filter((line) => !others.test(line))
    .map((line) => line.trim())
}
