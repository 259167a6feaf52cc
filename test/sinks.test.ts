/**
 * The outputs: each call in the product that sends text to a terminal, a log, a socket or a file that people read. Names come from
 * data, so each of them makes its text safe. A new output fails here until it is listed, with the way in which it does so.
 *
 * Decision 0122.
 */
import { assert, it } from "vitest"
import { sourcesBelow } from "./sources.ts"

const outputs = new RegExp(
  [
    "process\\.std(?:out|err)\\.write\\(",
    "\\bConsole\\.\\w+\\(",
    "\\bconsole\\.\\w+\\(",
    "\\bemitWarning\\(",
    "\\bEffect\\.log\\w*\\(",
    "\\bdisplay\\(",
    "\\bwriteSync\\(",
    "\\b(?:append|write)File\\w*\\("
  ].join("|"),
  "g"
)

/** By file and call: how often, and why a name does no harm there. */
const known: Readonly<Record<string, Readonly<Record<string, readonly [count: number, why: string]>>>> = {
  "packages/core/src/internal/copies/sharedState.ts": {
    "console.warn(": [1, "versions of this package"],
    "emitWarning(": [1, "versions of this package"]
  },
  "packages/core/src/internal/restart/supervise.ts": { "Effect.logWarning(": [1, "safeText.line"] },
  "packages/core/src/internal/steppable/inOneGo.ts": {
    "Effect.logWarning(": [1, "stallText, whose sentences are lines"]
  },
  "packages/core/src/internal/watched/publishing.ts": {
    "Effect.logInfo(": [1, "safeText.line"],
    "Effect.logWarning(": [1, "safeText.line"]
  },
  "packages/node/src/NodeCompute.ts": { "Effect.logWithLevel(": [1, "safeText.line"] },
  "packages/node/src/cli/compile.ts": {
    "process.stdout.write(": [1, "code for a file or a pipe; a terminal gets it by printed.ts"]
  },
  "packages/node/src/cli/doctor.ts": {
    "process.stdout.write(": [1, "nothing: waits for the end of the output"],
    "writeFileString(": [1, "JUnit XML, by safeText.terminal"]
  },
  "packages/node/src/cli/init/write.ts": {
    "writeFileString(": [2, "files of the template, and package.json, for a program"]
  },
  "packages/node/src/cli/text/printed.ts": {
    "Console.log(": [2, "safeText.terminal, safeText.json"],
    "Console.error(": [1, "safeText.terminal"]
  },
  "packages/node/src/cli/top.ts": { "display(": [1, "lines by top/screen.ts"] },
  "packages/node/src/cli/top/screen.ts": {
    "display(": [2, "sequences of our own"],
    "writeSync(": [1, "a sequence of our own"]
  },
  "packages/node/src/diagnostics/serving.ts": {
    "Effect.logWarning(": [2, "safeText.line"],
    "Effect.logInfo(": [1, "an address that was bound"]
  },
  "packages/node/src/folders/seal.ts": { "writeFileSync(": [1, "no text for people"] },
  "packages/node/src/output/standardError.ts": { "writeSync(": [1, "safeText.line, safeText.terminal"] },
  "packages/node/src/start/beside.ts": {
    "Effect.logError(": [1, "a cause, as Effect's own runMain logs it"],
    "Effect.logWarning(": [1, "safeText.line"]
  },
  "packages/node/src/thread/helperThread.ts": { "emitWarning(": [1, "a name of our own"] },
  "packages/node/src/thread/keptThread.ts": { "Effect.logWarning(": [1, "safeText.line"] },
  "packages/node/src/watch/journal.ts": { "appendFileSync(": [1, "JSON, which doctor makes safe when it prints it"] },
  "packages/node/src/watch/watcher.ts": { "Effect.logWarning(": [1, "names of options"] }
}

const codeOf = (text: string): string => text.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "")

it("each output is known, and makes its text safe", () => {
  const found: Record<string, Record<string, number>> = {}
  for (const { path, text } of [...sourcesBelow("packages/core/src"), ...sourcesBelow("packages/node/src")]) {
    for (const [call] of codeOf(text).matchAll(outputs)) {
      const calls = (found[path] ??= {})
      calls[call] = (calls[call] ?? 0) + 1
    }
  }
  const listed = Object.fromEntries(
    Object.entries(known).map(([path, calls]) => [
      path,
      Object.fromEntries(Object.entries(calls).map(([call, [count]]) => [call, count]))
    ])
  )
  assert.deepStrictEqual(found, listed)
})
