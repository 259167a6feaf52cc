/**
 * Functions that never end, as bugs and bad input make them: each is an ordinary loop, and says nothing of yield points.
 *
 * `closed` counts the `finally` blocks that ran: whoever interrupts such a function gets its resources back.
 */
import { Pure } from "@giveway/core"

/** What the functions are given; how often they tidied up. */
export interface Log {
  closed: number
}

const empty = Pure.fn("empty", (): void => {
  for (;;);
})

const counting = Pure.fn("counting", (): number => {
  let x = 0
  for (;;) {
    x++
  }
})

const whileTrue = Pure.fn("whileTrue", (): number => {
  let x = 1
  while (true) x = (x * 48_271) % 2_147_483_647
})

const doWhile = Pure.fn("doWhile", (): number => {
  let x = 0
  do x = (x + 1) | 0
  while (x === x)
  return x
})

/** A bug as it is met in practice: no input below zero ends it. */
const nested = Pure.fn("nested", (start = -1): number => {
  let steps = 0
  for (let n = start; n !== 1; steps++) {
    for (let i = 0; i < 1000; i++) n = n % 2 === 0 ? n / 2 : 3 * n + 1
    if (Math.abs(n) > 2 ** 40) n = start
  }
  return steps
})

/** It calls itself for ever, and never gets deep. */
const recursive = Pure.fn("recursive", (): number => {
  let sum = 0
  for (;;) sum += fibonacci(12)
})

function fibonacci(n: number): number {
  return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
}

const tidy = Pure.fn("tidy", (log: Log): void => {
  try {
    for (;;);
  } finally {
    log.closed++
  }
})

/** By the names under which the service offers them. */
export const loops = { empty, counting, whileTrue, doWhile, nested, recursive, tidy }
