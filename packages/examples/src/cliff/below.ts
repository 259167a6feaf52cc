/**
 * How much a heavy request computes: some 50 ms on the machine of the results.
 */
export const below = 580_000
