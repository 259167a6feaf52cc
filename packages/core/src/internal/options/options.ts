/**
 * All that reads options, under one name: `options.wholeNumber(1)`, `options.fields({ … })`.
 */
export { duration } from "./duration.ts"
export { combined, group, optional as optionalConfig, partOf } from "./environment.ts"
export type { Environment } from "./environment.ts"
export { limit } from "./enforcedLimit.ts"
export { fields, names, read } from "./fields.ts"
export type { Read, Readers } from "./fields.ts"
export { accepting, boolean, isWholeNumber, literal, optional, or, orDie, text, unread, wholeNumber } from "./reader.ts"
export type { Reader } from "./reader.ts"
