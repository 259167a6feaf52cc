/**
 * Times, names and colours, the same in every part of the page and in its worker. So nothing here needs a document to load.
 *
 * The terminal has the same words, in `cli/text`: the page runs from the served package as it is, and a test compares the two.
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

/** "1 fiber", "2,000 fibers" */
export const count = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`

/** A name of more letters is cut where it is shown. */
const longestText = 20_000

/**
 * A text as it may be shown. A name may hold any character: those that show nothing, or turn the direction of what follows,
 * so that a name looks like another, are shown as a mark.
 */
export const plain = (text) => plainLines(text).replaceAll("\n", "\ufffd")

/** The same of a text with lines of its own, as stacks are. */
export const plainLines = (text) => text.slice(0, longestText).replace(/[^\P{C}\n]|[\u2028\u2029]/gu, "\ufffd")

export const placeText = (place) => (place === undefined ? "" : plain(`${place.file}:${place.line}`))

/** The holder as text: a span, a fiber, or that it is no fiber. */
export const whoText = ({ cause, fiberId, name }) =>
  plain(name ?? (fiberId === undefined ? `no fiber (${cause})` : `fiber #${fiberId}`))

/** The causes of stalls, as `Starvation.Cause` explains them. */
const causes = {
  slice: "a fiber computes on and on",
  native: "native code computes",
  "sync-syscall": "the thread waits in system calls",
  "microtask-flood": "promise callbacks keep adding new ones",
  convoy: "many short slices run in one turn",
  loop: "code outside of any fiber computes",
  gc: "V8 collects garbage",
  "os-starved": "other processes have the cores",
  suspended: "the whole process stands still",
  debugger: "the thread stands at a breakpoint"
}

export const causeText = (cause) => plain(causes[cause] === undefined ? cause : `${cause}: ${causes[cause]}`)

/** A hue for a name, the same everywhere and every time. */
const hueOf = (name) => {
  let hash = 7
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 9973
  return (hash * 47) % 360
}

const systemIsDark = () => matchMedia("(prefers-color-scheme: dark)").matches

export const isDark = () => {
  const { theme } = document.documentElement.dataset
  return theme === undefined ? systemIsDark() : theme === "dark"
}

/** Turns the theme and keeps the choice. To choose the system's own theme is to follow the system again. */
export const turnTheme = () => {
  const theme = isDark() ? "light" : "dark"
  const isSystems = systemIsDark() === (theme === "dark")
  if (isSystems) delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  inks.clear()
  try {
    if (isSystems) localStorage.removeItem("giveway-theme")
    else localStorage.setItem("giveway-theme", theme)
  } catch {
    // it holds for this visit
  }
}

/** The name of fibers in no span. */
export const nameless = "(no span)"

const coloursOf = (name) => {
  if (name === nameless) return ["#e3e2dc", "#3a3d48"]
  const hue = hueOf(name)
  return [`hsl(${hue} 62% 85%)`, `hsl(${hue} 38% 28%)`]
}

/** The colour of a name, in the theme of its element. */
export const colourOf = (name) => `light-dark(${coloursOf(name)})`

/** The colour of a name, for a canvas. */
export const inkOf = (name) => coloursOf(name)[isDark() ? 1 : 0]

const inks = new Map()

/** A colour of the style sheet, for a canvas. */
export const ink = (variable) => {
  const key = `${variable} ${isDark()}`
  const known = inks.get(key)
  if (known !== undefined) return known
  const probe = document.createElement("i")
  probe.style.color = `var(--${variable})`
  document.body.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  inks.set(key, color)
  return color
}

/** The frames below that of the evaluated expression, without those of Node, Effect and Giveway. */
export const userFrames = (stack) => {
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line))
  const evaluated = frames.findLastIndex((line) => /^\s+at (JSON\.stringify \()?<anonymous>(:\d+:\d+)?\)?$/.test(line))
  const others = /node:|\/node_modules\/@?effect\/|\/(@giveway|packages)\/(core|node)\/(src|dist)\//
  return frames
    .slice(evaluated + 1)
    .filter((line) => !others.test(line))
    .map((line) => line.trim())
}
