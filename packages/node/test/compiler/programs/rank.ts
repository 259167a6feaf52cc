/** Pure functions for auto.ts: some may move to a worker, others must not. */
import { threadId } from "node:worker_threads"
import { Pure } from "@giveway/core"

const spin = (rounds: number): number => {
  let x = 1
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1664525) + 1013904223 + i) | 0
  return x
}

function after(rounds: number, value: number): number {
  spin(rounds)
  return value
}

export const burn = Pure.fn("burn", (rounds: number) => [spin(rounds), threadId] as const)

export const fails = Pure.fn("fails", (rounds: number): number => {
  throw Object.assign(new RangeError(`no ${spin(rounds) | 1 ? "such" : ""} item`), { code: "E_ITEM", threadId })
})

export const forever = Pure.fn("forever", (from: number): number => {
  let n: number = from
  for (;;) n++
})

export class Point {
  readonly x: number
  constructor(x: number) {
    this.x = x
  }
}

export const takesPoint = Pure.fn(
  "takesPoint",
  (point: Point, rounds: number) => point instanceof Point && spin(rounds)
)
export const givesPoint = Pure.fn("givesPoint", (rounds: number) => new Point(spin(rounds)))
export const takesAll = Pure.fn("takesAll", (bytes: Uint8Array, rounds: number) => after(rounds, bytes.length))

let factor = 1
export const setFactor = (next: number): void => {
  factor = next
}
export const readsFactor = Pure.fn("readsFactor", (rounds: number) => after(rounds, factor))

export const make = (k: number) => Pure.fn("made", (rounds: number) => after(rounds, k))
