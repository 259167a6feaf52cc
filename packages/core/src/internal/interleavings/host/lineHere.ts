/**
 * The line of a program that called us: the innermost frame that lies neither in a package, nor in the host, nor in this room.
 */
import * as limit from "../../stackTrace/limit.ts"
import type { V8Error } from "../../stackTrace/limit.ts"
import { textOf } from "../../stackTrace/stackText.ts"

/** Deep enough to pass Effect's run loops: with 10 frames the program's own line is often cut off. A guess. */
const depth = 60

/** Where this package's own code lies, sources or output. */
const here = decodeURIComponent(new URL("../../../", import.meta.url).pathname)

/** Whether a frame or a URL belongs to the program. */
export const isOwn = (frame: string): boolean => !/node_modules|node:/.test(frame) && !frame.includes(here)

/** `/a/b/order.ts` and 12 as `order.ts:12`. */
export const shortLine = (url: string, line: number): string =>
  `${url
    .split(/[/\\]/)
    .at(-1)!
    .replace(/[?#].*$/, "")}:${line}`

/** The line, as in `order.ts:12`; `undefined` if the stack has none. Takes some 20 µs. */
export const lineHere = (): string | undefined => {
  const { stackTraceLimit } = Error as V8Error
  limit.set("stackTraceLimit", depth)
  try {
    const frames = (textOf(new Error("here")) ?? "").split("\n").slice(1)
    const frame = frames.find((text) => isOwn(text) && /:\d+:\d+\)?$/.test(text))
    const found = /([^\s(]+):(\d+):\d+\)?$/.exec(frame ?? "")
    return found === null ? undefined : shortLine(found[1]!, Number(found[2]))
  } finally {
    limit.set("stackTraceLimit", stackTraceLimit)
  }
}
