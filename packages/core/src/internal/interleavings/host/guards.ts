/**
 * What a schedule does not control: clocks, random numbers and timers of the host. While a search runs, these functions are replaced
 * by ones that answer from the schedule: its virtual time, a fixed stream of random numbers. While it probes, each use is
 * noted with its line.
 *
 * **Invariant.** The functions are replaced only while the search has the thread, and put back before anything else runs.
 *
 * Not replaced: files, sockets, threads, `node:crypto`. A fiber that waits for those is a deadlock here, and the probe names them
 * (`hostWaits.ts`).
 */
import type { Machine } from "../machine/machine.ts"
import { lineHere } from "./lineHere.ts"
import { randomFrom } from "../machine/strategy.ts"

/** A use of something that the schedule does not control. */
export interface Escape {
  /** the function, as in `Date.now` */
  readonly name: string
  /** file and line, if they can be told */
  readonly line: string | undefined
}

/** All schedules get the same random numbers. The seed is arbitrary. */
const randomSeed = 99

export class Guards {
  private readonly machine: Machine
  private readonly found = new Map<string, Escape>()
  private readonly undo: Array<() => void> = []
  private draw = randomFrom(randomSeed)
  private isNoting = false
  /** finds the line of a use that the stack does not show: inside Effect, on behalf of a fiber */
  private readonly lineOfFiber: () => string | undefined

  constructor(machine: Machine, lineOfFiber: () => string | undefined) {
    this.machine = machine
    this.lineOfFiber = lineOfFiber
  }

  /** Begins a schedule: the random numbers begin anew. */
  begin(): void {
    this.draw = randomFrom(randomSeed)
  }

  /** The uses noted so far. */
  get escapes(): ReadonlyArray<Escape> {
    return Array.from(this.found.values())
  }

  /** Notes uses from now on, or no longer. A use costs some 20 µs while it is noted. */
  note(isNoting: boolean): void {
    this.isNoting = isNoting
  }

  private used(name: string): void {
    if (!this.isNoting) return
    const line = lineHere() ?? this.lineOfFiber()
    this.found.set(`${name} ${line}`, { name, line })
  }

  private replace(holder: object | undefined, key: string, value: unknown): void {
    if (holder === undefined) return
    const before = Object.getOwnPropertyDescriptor(holder, key)
    if (before?.configurable === false) return
    Object.defineProperty(holder, key, { configurable: true, writable: true, value })
    this.undo.push(() => {
      if (before === undefined) Reflect.deleteProperty(holder, key)
      else Object.defineProperty(holder, key, before)
    })
  }

  /** Replaces the functions. Takes some 10 µs with `restore`. */
  install(): void {
    const { machine } = this
    const host = globalThis as unknown as Readonly<Record<string, object | undefined>>
    const answer = (holder: object | undefined, key: string, name: string, value: () => unknown) =>
      this.replace(holder, key, () => {
        this.used(name)
        return value()
      })
    const now = () => machine.clock.now
    const RealDate = Date
    const used = (name: string) => this.used(name)
    answer(RealDate, "now", "Date.now", now)
    this.replace(
      globalThis,
      "Date",
      new Proxy(RealDate, {
        construct(target, args, newTarget) {
          if (args.length > 0) return Reflect.construct(target, args, newTarget)
          used("new Date")
          return Reflect.construct(target, [now()], newTarget)
        }
      })
    )
    answer(host["performance"], "now", "performance.now", now)
    const process = host["process"] as { readonly hrtime?: object } | undefined
    answer(process?.hrtime, "bigint", "process.hrtime.bigint", () => BigInt(Math.round(now() * 1e6)))
    answer(Math, "random", "Math.random", () => this.draw())
    answer(host["crypto"], "randomUUID", "crypto.randomUUID", () => this.uuid())
    this.timers(host)
  }

  private uuid(): string {
    const hex = () => Math.floor(this.draw() * 16).toString(16)
    return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replaceAll("x", hex)
  }

  private timers(host: Readonly<Record<string, object | undefined>>): void {
    const { machine } = this
    const after =
      (name: string, repeats: boolean) =>
      (f: (...args: Array<unknown>) => void, ms?: number, ...args: Array<unknown>) => {
        this.used(name)
        return new Timer(machine, () => f(...args), Math.max(1, Number(ms) || 0), repeats)
      }
    const clear = (timer: unknown) => {
      if (timer instanceof Timer) timer.clear()
    }
    this.replace(globalThis, "setTimeout", after("setTimeout", false))
    this.replace(globalThis, "setInterval", after("setInterval", true))
    if (host["setImmediate"] !== undefined) {
      const immediately = after("setImmediate", false)
      this.replace(globalThis, "setImmediate", (f: () => void, ...args: Array<unknown>) => immediately(f, 0, ...args))
    }
    for (const name of ["clearTimeout", "clearInterval", "clearImmediate"]) this.replace(globalThis, name, clear)
    this.replace(AbortSignal, "timeout", (ms: number) => {
      this.used("AbortSignal.timeout")
      const controller = new AbortController()
      const abort = () => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError"))
      machine.after(machine.clock.now + Math.max(1, ms), abort)
      return controller.signal
    })
  }

  restore(): void {
    for (const undo of this.undo.splice(0).reverse()) undo()
  }
}

/** A timer of the host on virtual time. It has the methods of Node's that programs call. */
class Timer {
  private cancel: () => void = () => {}

  constructor(machine: Machine, f: () => void, ms: number, repeats: boolean) {
    const start = () => {
      this.cancel = machine.after(machine.clock.now + ms, () => {
        if (repeats) start()
        f()
      })
    }
    start()
  }

  clear(): void {
    this.cancel()
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }

  hasRef(): boolean {
    return true
  }

  [Symbol.dispose](): void {
    this.clear()
  }
}
