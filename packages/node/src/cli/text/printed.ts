/**
 * The output of the commands. Whatever a process or a file calls its parts, no text does anything to the terminal but colours and
 * lines.
 *
 * Decision 0122.
 */
import { safeJson, safeLines } from "@giveway/core/Sysmon"
import * as Console from "effect/Console"
import type * as Effect from "effect/Effect"

/** Lines on standard output. */
export const out = (lines: string): Effect.Effect<void> => Console.log(safeLines(lines))

/** Lines on standard error. */
export const err = (lines: string): Effect.Effect<void> => Console.error(safeLines(lines))

/** JSON on standard output, for scripts, in ASCII. */
export const json = (text: string): Effect.Effect<void> => Console.log(safeJson(text))
