/**
 * Every way to hold an event loop that can be had on purpose, for the benchmark `starvation`: each is a function of its own,
 * so that the line that a report blames can be checked. A call may take a little more or less than it is asked for; what
 * counts is what it took.
 */
import { execFileSync } from "node:child_process"
import { pbkdf2Sync } from "node:crypto"
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect, Scheduler } from "effect"

const until = (ms: number): (() => boolean) => {
  const end = performance.now() + ms
  return () => performance.now() < end
}

let sink = 0

// --- in a slice: one fiber holds the loop -------------------------------------------------------------------------

const syncLoop = (ms: number): void => {
  const more = until(ms)
  while (more()) {
    for (let i = 0; i < 20_000; i++) sink = Math.imul(sink ^ i, 48_271)
  }
}

/** Each letter more doubles what it takes, so the time is that of a length, and then of shorter ones. */
const regex = (ms: number): void => {
  const more = until(ms * 0.9)
  const letters = Math.floor(Math.log2(ms / msOfRegex)) + shortRegex
  for (let length = letters; more() && length > shortRegex; length--) {
    if (/^(a+)+$/.test(`${"a".repeat(length)}b`)) sink++
  }
}

/** One call, or two or more where one text would be longer than V8's strings can be. */
const jsonParse = (ms: number): void => {
  const escapes = Math.round((ms / msOfJson) * escapesOfJson)
  for (let left = escapes; left > 0; left -= mostEscapes) {
    const text = `"${"\\u0041".repeat(Math.min(left, mostEscapes))}"`
    sink += JSON.parse(text).length
  }
}

const pbkdf2 = (ms: number): void => {
  const iterations = Math.round((ms / msOfPbkdf2) * iterationsOfPbkdf2)
  sink += pbkdf2Sync("password", "salt", iterations, 32, "sha256").length
}

const execSync = (ms: number): void => {
  execFileSync("sleep", [String(Math.max(10, ms - 10) / 1000)])
}

const fsSync = (ms: number): void => {
  const path = join(tmpdir(), `giveway-bench-${process.pid}`)
  const file = openSync(path, "w")
  const more = until(ms)
  while (more()) {
    writeSync(file, megabyte, 0, megabyte.length, 0)
    fsyncSync(file)
  }
  closeSync(file)
  rmSync(path)
}

const gc = (ms: number): void => {
  const more = until(ms)
  while (more()) collect()
}

// --- in no slice --------------------------------------------------------------------------------------------------

const microtasks = async (ms: number): Promise<void> => {
  const more = until(ms)
  while (more()) {
    await Promise.resolve()
  }
}

const nextTicks = (ms: number): Promise<void> => {
  const more = until(ms)
  return new Promise((resolve) => {
    const again = (): void => void (more() ? process.nextTick(again) : resolve())
    process.nextTick(again)
  })
}

const callback = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => {
      syncLoop(ms)
      resolve()
    }, 1)
  })

/** 1000 fibers of a thousandth each, under the scheduler that runs whatever is ready in one go. */
const convoy = (ms: number): Effect.Effect<void> =>
  Effect.forEach(
    Array.from({ length: 1000 }),
    () =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => short(ms / 1000))
      ),
    {
      concurrency: "unbounded",
      discard: true
    }
  ).pipe(Effect.provideService(Scheduler.Scheduler, new Scheduler.MixedScheduler()))

const short = (ms: number): void => {
  const more = until(ms)
  while (more());
}

// --- how long calls take here -------------------------------------------------------------------------------------

const timed = (f: () => void): number => {
  const start = performance.now()
  f()
  return performance.now() - start
}

const shortRegex = 16
const escapesOfJson = 200_000
/** six characters each, of the 2^29 that a string can have */
const mostEscapes = 80_000_000
const iterationsOfPbkdf2 = 10_000
let [msOfRegex, msOfJson, msOfPbkdf2] = [1, 1, 1]
const megabyte = Buffer.alloc(2 ** 20, 1)
/** what there is to be walked by a collection */
let heap: ReadonlyArray<unknown> = []

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** To be called once, before anything is measured. */
export const calibrate = (): void => {
  heap = Array.from({ length: 400_000 }, (_, index) => ({ index, next: [index] }))
  const best = (f: () => void): number => Math.min(timed(f), timed(f), timed(f))
  msOfRegex = best(() => {
    if (/^(a+)+$/.test(`${"a".repeat(shortRegex)}b`)) sink++
  })
  msOfJson = best(() => {
    sink += JSON.parse(`"${"\\u0041".repeat(escapesOfJson)}"`).length
  })
  msOfPbkdf2 = best(() => void pbkdf2Sync("password", "salt", iterationsOfPbkdf2, 32, "sha256"))
  sink += heap.length
}

/** What runs in the slice of one fiber. */
const inSlice = { syncLoop, regex, jsonParse, pbkdf2, execSync, fsSync, gc }

/** What a fiber starts and awaits. */
const outOfSlice = { microtasks, nextTicks, callback }

/** What is done to the process from outside. */
export const outside = ["stop", "contention"] as const

export type Inside = keyof typeof inSlice | keyof typeof outOfSlice | "convoy"
export type Kind = Inside | (typeof outside)[number]

/** The class that each is to be told as. */
export const causes: Readonly<Record<Kind, string>> = {
  syncLoop: "slice",
  regex: "slice",
  jsonParse: "native",
  pbkdf2: "native",
  execSync: "sync-syscall",
  fsSync: "sync-syscall",
  gc: "gc",
  microtasks: "microtask-flood",
  nextTicks: "microtask-flood",
  callback: "loop",
  convoy: "convoy",
  stop: "suspended",
  contention: "os-starved"
}

/** Kinds that no fiber is to be blamed for. */
export const isNobodys = (kind: Kind): boolean => ["gc", "callback", "convoy", "stop", "contention"].includes(kind)

/** Kinds that have a place in this file. */
export const hasPlace = (kind: Kind): boolean => !["gc", "stop", "contention"].includes(kind)

/** Kinds that are plain synchronous code. */
export const isPlain = (kind: Inside): kind is keyof typeof inSlice => kind in inSlice

/** Holds the loop in the code that calls it; what it took, as {@link hold} says it. */
export const holdHere = (kind: keyof typeof inSlice, ms: number): { readonly from: number; readonly to: number } => {
  const now = (): number => performance.timeOrigin + performance.now()
  const from = now()
  inSlice[kind](ms)
  return { from, to: now() }
}

/** Holds the loop; what it took, from when to when, in ms of the clock that all threads share. */
export const hold = (kind: Inside, ms: number): Effect.Effect<{ readonly from: number; readonly to: number }> =>
  Effect.suspend(() => {
    const now = (): number => performance.timeOrigin + performance.now()
    const from = now()
    const took = () => ({ from, to: now() })
    if (kind === "convoy") return Effect.map(convoy(ms), took)
    if (kind in outOfSlice) {
      const start = outOfSlice[kind as keyof typeof outOfSlice]
      return Effect.promise(() => start(ms).then(took))
    }
    return Effect.sync(() => {
      inSlice[kind as keyof typeof inSlice](ms)
      return took()
    })
  })
