/**
 * Colours where they are wanted: `NO_COLOR` takes them away, else `FORCE_COLOR` gives them, else a terminal that is not dumb has
 * them. The same rule as that of Effect's cli module, for either stream.
 *
 * Node's own rule (`styleText` with a stream) lets `FORCE_COLOR` win, and prints a warning if both are set.
 */
import { styleText } from "node:util"
import { safeLine } from "@giveway/core/Sysmon"

type Stream = Pick<NodeJS.WriteStream, "isTTY">

type Style = Parameters<typeof styleText>[0]

export const hasColours = (stream: Stream, environment: NodeJS.ProcessEnv = process.env): boolean => {
  const { FORCE_COLOR: forced = "", NO_COLOR: none = "", TERM: term } = environment
  if (none !== "" || term === "dumb") return false
  return stream.isTTY || (forced !== "" && forced !== "0" && forced !== "false")
}

/** A line of text made safe, in a colour if the stream has colours. */
export const paint = (style: Style, text: string, stream: Stream): string => {
  const safe = safeLine(text)
  return hasColours(stream) ? styleText(style, safe, { validateStream: false }) : safe
}
