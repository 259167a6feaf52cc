/**
 * Inputs that broke a promise once, by parser. Each stays here, so that it is tried again for ever.
 */

export const corpus: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  "answers to requests": [
    { server: 0, method: "GET", url: "//", headers: { host: "127.0.0.1" } },
    { server: 0, method: "GET", url: "http://[", headers: { host: "127.0.0.1" } },
    { server: 2, method: "GET", url: "/", headers: { cookie: "giveway-token=%" } }
  ],
  // each " (/" may begin a place, and each was tried to the end of the line
  stacks: [`    at ${" (/".repeat(40_000)}`, `    at f (/${":1".repeat(40_000)}x`, `    at ${"\t".repeat(50_000)}x`],
  // two runs of blanks, one after the other
  "durations of flags": [`1${" ".repeat(100_000)}!`],
  NODE_OPTIONS: ['"\\'.repeat(40_000), '"\\"'.repeat(30_000)],
  "source maps": [`//# sourceMappingURL=a${" ".repeat(100_000)}x`],
  // a number that is blank is 0 for `Number`
  "/proc/…/schedstat and stat": [
    ["  ", "1 (a) R"],
    ["1e999 1 1", "17 (node) S 1 17 17 0 -1 4194560 1 0 0 0 3 1e400 0"]
  ],
  "replies of an inspector": ["null", "", '{"id":1,"result":null}', '{"id":1,"result":{"exceptionDetails":null}}'],
  "journals of the doctor": ['null\n1\n[]\n{"_tag":"Stalled"}\n{"_tag":"Linted"}\n{"_tag":"Began","at":"x"}'],
  // arrays within arrays, deeper than the stack
  "bytes of outcomes": [Uint8Array.from({ length: 1008 }, (_, i) => [8, 0, 1][i % 3]!), new Uint8Array(1008).fill(255)],
  "errors from a worker": [
    { _tag: "Error", error: { builtIn: "constructor", className: "__proto__", fields: [["message", null]], errors: 3 } }
  ],
  // the last one: a fiber that is its own parent
  "responses to dump": [
    "null",
    "{}",
    "[]",
    "",
    '{"process":null}',
    '{"process":{},"fibers":{"fibers":[null]}}',
    JSON.stringify({ process: {}, fibers: { takenAt: 1, fibers: [{ id: 1 }, { id: 1, parentId: 1 }] } })
  ],
  "responses to top": ["null", "{}", "", '{"usage":3}']
}
