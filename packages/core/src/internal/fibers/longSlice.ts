/**
 * The length of a long slice. It stands apart from `fiberInfo.ts`, whose schemas a program loads with its first dump and not at its start.
 */

/** From this length on, ms, a slice counts as long: by default such a slice is a stall. */
export const longSliceMs = 50
