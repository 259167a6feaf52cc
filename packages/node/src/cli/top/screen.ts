/**
 * Lines on the terminal: their colours, their letters, and the other screen, which is given back however the command ends.
 */
import { writeSync } from "node:fs"
import type { styleText } from "node:util"
import { safeLine } from "@giveway/core/Sysmon"
import * as Effect from "effect/Effect"
import type * as Terminal from "effect/Terminal"
import { atTheLatest } from "../shell/runMain.ts"
import { paint as coloured } from "../text/colours.ts"
import { letters, shown } from "../text/terminal.ts"
import type { Line, Look } from "./view.ts"

const styles: Readonly<Record<Look, Parameters<typeof styleText>[0]>> = {
  plain: "reset",
  dim: "gray",
  bold: "bold",
  good: "green",
  warn: "yellow",
  bad: "red",
  inverse: "inverse",
  accent: "cyan"
}

/** As much of a line as fits. */
export const paint = (line: Line, width: number): string => {
  let left = width
  let text = ""
  for (const [piece, look = "plain"] of line) {
    const [part, taken] = shown(piece, left)
    left -= taken
    text += look === "plain" || part === "" ? letters(part) : coloured(styles[look], letters(part), process.stdout)
  }
  return text
}

export const plain = (line: Line): string =>
  line
    .map(([text]) => letters(safeLine(text)))
    .join("")
    .trimEnd()

const enter = "\x1b[?1049h\x1b[?25l"

const leave = "\x1b[?25h\x1b[?1049l"

/** Whether the terminal has another screen, and a keyboard. */
export const isPossible = (): boolean => process.stdout.isTTY && process.stdin.isTTY && process.env["TERM"] !== "dumb"

const leaveNow = (): void => {
  try {
    process.stdin.setRawMode(false)
    writeSync(1, leave)
  } catch {
    // the terminal is gone
  }
}

/** The other screen of the terminal, without a cursor, until the scope closes, or this process ends. */
export const open = (terminal: Terminal.Terminal) =>
  Effect.acquireRelease(
    Effect.suspend(() => {
      const last = atTheLatest(leaveNow)
      return Effect.as(terminal.display(enter), last)
    }),
    (last) =>
      Effect.andThen(
        Effect.ignore(terminal.display(leave)),
        Effect.sync(() => last.takeBack())
      )
  )
