/**
 * The text that a line becomes on an output that may take nothing, or a part only: the next line begins a line of its own,
 * and says how many were lost before it.
 *
 * Decision 0118.
 */

interface State {
  /** lines that nobody will see, since the last that somebody could */
  readonly lost: number
  /** whether the output ends in the middle of a line */
  readonly torn: boolean
}

export const initial: State = { lost: 0, torn: false }

/** The text to write for `line`, which has no line feed at its end. */
export const textOf = ({ lost, torn }: State, line: string): string => {
  const told =
    lost === 0
      ? ""
      : `giveway: ${lost === 1 ? "1 line is missing here: nobody read it" : `${lost} lines are missing here: nobody read them`}\n`
  return `${torn ? "\n" : ""}${told}${line}\n`
}

/** After so many bytes of the text for a line were written, of `of`. */
export const wrote = ({ lost, torn }: State, bytes: number, of: number): State => {
  if (bytes >= of) return initial
  return { lost: lost + 1, torn: bytes > 0 || torn }
}
