/**
 * Times as people read them, no wider than seven characters.
 */

/** "340 ms", "5.1 s", "12 min", "3.5 h" */
export const ago = (ms: number): string => {
  if (ms < 0.05) return "0 ms"
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`
  if (ms < 5_970_000) return `${Math.round(ms / 60_000)} min`
  return `${(ms / 3_600_000).toFixed(1)} h`
}
