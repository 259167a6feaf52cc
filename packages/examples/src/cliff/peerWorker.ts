/**
 * The work of `peer.ts`, as piscina wants it.
 */
import { primes } from "../roundabout/primes.ts"

export default (below: number): number => primes(below)
