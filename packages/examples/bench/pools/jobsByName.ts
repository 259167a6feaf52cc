/**
 * The jobs as the named exports of a module, as piscina and tinypool want them.
 */
import { functions } from "./jobs.ts"

export const { add, begun, echo, exhaust, exit, hold, loop, makeFunction, native, refuse, spin, throws, work } =
  functions
