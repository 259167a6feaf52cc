/**
 * All that reads options, under one name: `options.wholeNumber(1)`, `options.fields({ … })`.
 */
export { duration } from "./duration.ts"
export { limit } from "./enforcedLimit.ts"
export { completed, fields, names, read } from "./fields.ts"
export type { Readers } from "./fields.ts"
export { accepting, array, boolean, isWholeNumber, literal, optional, or, orDie, text, wholeNumber } from "./reader.ts"
export type { Reader } from "./reader.ts"
