/**
 * Text in the columns of a terminal: made safe, then cut or padded by the columns that it takes, not by its letters. A name with wide
 * letters would otherwise break its line, and the screen of `giveway top` with it.
 *
 * The widths are those of most terminals: two columns for the wide scripts of East Asia and for emoji, none for accents.
 */
import { safeLine } from "@giveway/core/Sysmon"

const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|^\p{Emoji_Presentation}/u

const accent = /^\p{M}/u

const ascii = /^[\x20-\x7e]*$/

/** The letters of this command that are not ASCII, each with another of the same width. */
const others: Readonly<Record<string, string>> = {
  "▁": "_",
  "▂": ".",
  "▃": ":",
  "▄": "-",
  "▅": "=",
  "▆": "+",
  "▇": "*",
  "█": "#",
  "▏": "|",
  "●": "o",
  "■": "#",
  "▸": ">",
  "–": "-",
  "…": "~",
  "≤": "<",
  "⏎": "=",
  "↑": "^",
  "↓": "v"
}

/** Whether the locale says that the terminal shows ASCII only: a set of characters that is not UTF-8, or C. */
const isAscii = ({ LANG, LC_ALL, LC_CTYPE }: NodeJS.ProcessEnv): boolean => {
  const locale = LC_ALL || LC_CTYPE || LANG || ""
  return locale === "C" || locale === "POSIX" || (locale.includes(".") && !/\.utf-?8/i.test(locale))
}

/** The text in letters that the terminal has. Names from the process stay as they are. */
export const letters = (text: string, environment: NodeJS.ProcessEnv = process.env): string =>
  isAscii(environment) ? text.replace(/[▁▂▃▄▅▆▇█▏●■▸–…≤⏎↑↓]/g, (letter) => others[letter]!) : text

const columnsOf = (letter: string): number => (accent.test(letter) ? 0 : wide.test(letter) ? 2 : 1)

/** The columns that a safe text takes. */
const widthOf = (text: string): number =>
  ascii.test(text) ? text.length : Array.from(text).reduce((sum, letter) => sum + columnsOf(letter), 0)

/** As much of a text as fits, made safe, and the columns that it takes. */
export const shown = (text: string, columns: number): readonly [text: string, width: number] => {
  const safe = safeLine(text)
  const width = widthOf(safe)
  if (width <= columns) return [safe, width]
  let taken = 0
  let end = 0
  for (const letter of safe) {
    const more = columnsOf(letter)
    if (taken + more > columns) break
    taken += more
    end += letter.length
  }
  return [safe.slice(0, end), taken]
}

/** A text made safe and cut with a mark, if it does not fit. */
export const cut = (text: string, columns: number): string => {
  const [all] = shown(text, Infinity)
  if (widthOf(all) <= columns) return all
  return `${shown(all, Math.max(0, columns - 1))[0]}…`
}

/** The same, with spaces up to its last column. */
export const cell = (text: string, columns: number): string => {
  const fits = cut(text, columns)
  return fits + " ".repeat(Math.max(0, columns - widthOf(fits)))
}
