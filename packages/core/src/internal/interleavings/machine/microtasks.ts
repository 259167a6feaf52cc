/**
 * Settles promises at once, where the host can: Node's `process._tickCallback` runs all microtasks and ticks that wait, in 45 ns
 * when none does. It does nothing while a microtask runs, so a search begins from a macrotask.
 *
 * The function is not documented. It is tried before it is used; where it is missing, the host settles promises between two
 * turns of its event loop, which costs a turn for each.
 */
const host = (globalThis as { readonly process?: { readonly _tickCallback?: () => void } }).process

/** Runs the microtasks that wait. Call it only where `worksHere()`. */
export const settle = (): void => host!._tickCallback!()

/** Whether promises settle at once when it is called: not within a microtask. */
export const worksHere = (): boolean => {
  if (typeof host?._tickCallback !== "function") return false
  let settled = false
  void Promise.resolve().then(() => {
    settled = true
  })
  try {
    settle()
  } catch {
    return false
  }
  return settled
}
