/**
 * Runs the command to its end. The first signal lets it finish: its fiber is interrupted, the program that it runs may end, the
 * report is printed, the terminal is given back. The second one ends it at once, with all that it started.
 *
 * **Invariant.** What must not stay behind (a program, another screen of the terminal) is undone by `atTheLatest`, also after a
 * second signal and after a crash. Only SIGKILL leaves it.
 *
 * In place of `NodeRuntime.runMain`, which ignores the second signal and knows one exit code for all of them.
 *
 * Decision 0129.
 */
import * as Runtime from "effect/Runtime"
import * as exitCodes from "./exitCodes.ts"

/** SIGHUP is none of them: to a program that `giveway run` runs it may mean "read your configuration again". */
const endings = ["SIGINT", "SIGTERM"] as const satisfies ReadonlyArray<NodeJS.Signals>

/**
 * Signals that come so soon after the first one, in ms, are the same: npm passes a Ctrl-C on that the terminal has sent already. A
 * guess: a person takes longer between two.
 */
const sameMs = 250

let first: { readonly signal: NodeJS.Signals; readonly at: number } | undefined

/** Registers an act without waiting, for the case that this process ends before it is taken back. */
export const atTheLatest = (act: () => void): { readonly takeBack: () => void } => {
  process.once("exit", act)
  return { takeBack: () => void process.off("exit", act) }
}

export const runMain = Runtime.makeRunMain(({ fiber, teardown }) => {
  const hear = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (first === undefined) {
      first = { signal, at: now }
      fiber.interruptUnsafe(fiber.id)
    } else if (now - first.at > sameMs) {
      process.exit(exitCodes.ofSignal(signal))
    }
  }
  for (const signal of endings) process.on(signal, hear)
  fiber.addObserver((exit) => {
    for (const signal of endings) process.off(signal, hear)
    teardown(exit, (code) => {
      if (first !== undefined) process.exit(exitCodes.ofSignal(first.signal))
      if (code !== 0) process.exit(code)
    })
  })
})
