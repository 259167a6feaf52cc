/**
 * Names for the soak, of the kind that a tenant may choose.
 */

/** Span names that mean harm to terminals, log lines, headers, pages and memory. */
export const hostileNames: ReadonlyArray<string> = [
  "\u001b]0;owned\u0007\u001b[2J",
  "a\r\ngiveway: forged line",
  "</script><img src=x onerror=alert(1)>",
  "\u202etxet\u2066",
  "\ud800",
  "__proto__",
  "",
  'quote" back\\slash\n# HELP x',
  "long ".repeat(4000)
]
