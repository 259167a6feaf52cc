/**
 * The clock of all times in shared memory, since the origins of `performance.now()` differ from thread to thread.
 *
 * Each thread reads the wall clock for its own origin when it starts, and the wall clock may be set in between. A platform
 * that knows the exact distance of two origins corrects for it, as `wire/sharedClock.ts` does in `packages/node`.
 */

/** Now, in ms since the epoch. */
export const now = (): number => performance.timeOrigin + performance.now()
