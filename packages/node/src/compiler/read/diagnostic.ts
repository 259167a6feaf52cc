/**
 * A message to a user about a line of the source: the thing that was not compiled, the reason, and the fix.
 */
import type { LineColumn } from "./lines.ts"
import { lineColumnsIn } from "./lines.ts"

export interface Diagnostic extends LineColumn {
  readonly file: string
  /** the name of the function that is refused; `undefined` if the diagnostic is about the file */
  readonly refused?: string | undefined
  readonly reason: string
  readonly fix: string
}

export const make = (file: string, text: string, offset: number, reason: string, fix: string): Diagnostic => ({
  file,
  ...lineColumnsIn(text)(offset),
  reason,
  fix
})

/** `file:line:column: function is refused, because reason. Fix: fix.` */
export const render = ({ column, file, fix, line, reason, refused }: Diagnostic): string =>
  `${file}:${line}:${column}: ${refused === undefined ? "" : `${refused} is refused, because `}${reason}. Fix: ${fix}.`

/**
 * The same for a message of compiled code, which says at run time why a function has no yield points. It holds the file's
 * name only: a bundle should not name the folders of the machine that made it.
 */
export const renderShort = ({ file, fix, line, reason }: Diagnostic): string =>
  `${reason} (${file.replace(/^.*[\\/]/, "")}:${line}): ${fix}`
