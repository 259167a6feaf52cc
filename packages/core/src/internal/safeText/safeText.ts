/**
 * Text from a program (names, places, reasons), made safe for the output where it is shown. A name may be made from a tenant's data, so
 * it may hold anything: a line feed and a line of ours behind it, a sequence that moves a terminal's cursor or sets its
 * title, a mark that turns the rest of the line around.
 *
 * - {@link line} is for a part of a line, and for a whole line of a log.
 * - {@link terminal} is for a text of several lines on its way out.
 * - {@link json} is for JSON that a terminal may show.
 *
 * **Invariant.** Text that is safe comes back as it is, so a text may be made safe twice. The other characters are shown by
 * their numbers, as in `\x1b`, since a character that is left out would make two names look alike. A test of the house lists all
 * outputs (`test/sinks.test.ts`).
 *
 * Rejected: to clean names where they are noted (the data of records would no longer be the program's own names); to escape the backslash too (a
 * path of Windows would be shown double).
 *
 * Nothing here imports Effect: it loads in the watching thread.
 *
 * Decision 0122.
 */

/**
 * Control characters (C0, DEL, C1), formats (marks that turn text around, marks without width), halves of surrogate pairs, and the separators of lines and
 * paragraphs.
 */
const unsafe = "\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}"

const inLine = new RegExp(`[${unsafe}]`, "gu")

/** Colours, line feeds and tabs are let through. */
const inTerminal = new RegExp(
  // oxlint-disable-next-line no-control-regex
  "\\x1b\\[[0-9;]{0,15}m|[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]",
  "gu"
)

/** Accents on one letter that are shown. More would climb over the lines above. A guess: no script needs as many. */
const mostMarks = 6

const piled = new RegExp(`(?<=\\p{M}{${mostMarks}})\\p{M}`, "gu")

const printable = /^[\x20-\x7e]*$/

const printableLines = /^[\t\n\x20-\x7e]*$/

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!
  const digits = code.toString(16)
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`
  return code <= 0xffff ? `\\u${digits.padStart(4, "0")}` : `\\u{${digits}}`
}

/**
 * Text that fits into a line, and cannot end it.
 *
 * @category reports
 * @since 0.1.0
 */
export const line = (text: string): string =>
  printable.test(text) ? text : text.replace(inLine, escaped).replace(piled, escaped)

/**
 * Lines for a terminal: they may have colours, and do nothing else to it. Names in them have to be made safe for their line before.
 *
 * @category reports
 * @since 0.1.0
 */
export const terminal = (text: string): string =>
  printableLines.test(text) ? text : text.replace(inTerminal, (found) => (found.length > 2 ? found : escaped(found)))

/**
 * JSON of the same value, in printable ASCII. JSON has such characters in its strings only.
 *
 * @category reports
 * @since 0.1.0
 */
export const json = (text: string): string =>
  // without the flag `u`: a character beyond U+FFFF becomes the two that JSON has for it
  text.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
