/**
 * Asks the watched thread for the facts that only it has: its fibers, lints, statistics, pool and metrics.
 *
 * While its loop turns, the question is a message, which pauses nothing. While the loop is held, or if no answer to the message
 * comes in time, the question goes through the inspector (`inspector/mainThread.ts`): V8 answers between two statements, also
 * of an endless loop, but not inside a native call. There the last answer has to do, and its age goes with it.
 *
 * **Invariants**
 * - One question for the same names is open at a time, however many clients wait for it, so a thread in a native call collects no
 *   queue of questions.
 * - For each kind of answer the watched thread works a small part of its time, however often clients ask: for {@link restFor} times
 *   as long as the answer took to make, the same answer is given again, with its age.
 *
 * Decisions 0071, 0121.
 */
import type { MessagePort } from "node:worker_threads"
import * as Sysmon from "@giveway/core/Sysmon"
import * as mainThread from "../inspector/mainThread.ts"
import type { Source, ToMain } from "./protocol.ts"

/** The newest answer, and how it came. */
export interface Answered {
  /** a JSON object, each fact under its name, in UTF-8; `undefined` if there never was an answer */
  readonly text: Buffer | undefined
  readonly source: Source
}

export interface Asking {
  readonly ask: (names: ReadonlyArray<string>, patienceMs?: number) => Promise<Answered>
  /** takes an answer that came as a message */
  readonly receive: (id: number, text: string, tookMs: number) => void
}

/** How long a loop that turns may take to answer a message, in ms, before the inspector asks. Above a usual slice. */
const messageMs = 60

/** How long a client waits in all, in ms. A native call may take longer; a scraper gives up after 10 s. */
const defaultPatienceMs = 1000

/** With this the watched thread makes answers of one kind for a tenth of its time at most. To send one costs less than to make it. */
const restFor = 9

/** The thread measures it: until it begins to answer, a native call may last. */
const timed = (question: string): string => `(() => {
  const begun = Date.now()
  const text = ${question}
  return text === undefined ? undefined : Date.now() - begun + " " + text
})()`

interface Open {
  readonly names: ReadonlyArray<string>
  readonly promise: Promise<void>
  readonly settle: () => void
}

interface Answer {
  readonly text: Buffer
  readonly at: number
  readonly tookMs: number
  readonly from: "message" | "interrupt"
}

export const make = (options: { readonly main: MessagePort; readonly isHeld: () => boolean }): Asking => {
  const { isHeld, main } = options
  const last = new Map<string, Answer>()
  const open = new Map<string, Open>()
  const byId = new Map<number, string>()
  let lastId = 0

  const hear = (key: string, text: string, tookMs: number, from: Answer["from"]): void => {
    last.set(key, { text: Buffer.from(text), at: performance.now(), tookMs, from })
    open.get(key)?.settle()
  }

  const interrupt = (key: string, names: ReadonlyArray<string>): void =>
    mainThread.evaluate(timed(Sysmon.questionOf(names)), (reply) => {
      if (reply === undefined) return open.get(key)?.settle()
      const [tookMs] = reply.split(" ", 1)
      hear(key, reply.slice(tookMs!.length + 1), Number(tookMs), "interrupt")
    })

  /** The interrupt would find the thread in the middle of its answer, and have it made twice. */
  const patienceOf = (key: string): number => Math.max(messageMs, 2 * (last.get(key)?.tookMs ?? 0))

  const begin = (key: string, names: ReadonlyArray<string>): Open => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let timer: NodeJS.Timeout | undefined
    const id = ++lastId
    const opened: Open = {
      names,
      promise,
      settle: () => {
        clearTimeout(timer)
        open.delete(key)
        byId.delete(id)
        resolve()
      }
    }
    open.set(key, opened)
    if (isHeld()) {
      interrupt(key, names)
    } else {
      byId.set(id, key)
      main.postMessage({ _tag: "Ask", id, names } satisfies ToMain)
      timer = setTimeout(() => interrupt(key, names), patienceOf(key))
    }
    return opened
  }

  return {
    ask: async (names, patienceMs = defaultPatienceMs) => {
      const key = names.join()
      const askedAt = performance.now()
      const known = last.get(key)
      if (known !== undefined && askedAt - known.at < restFor * known.tookMs) {
        return { text: known.text, source: { from: known.from, ageMs: askedAt - known.at } }
      }
      const { promise } = open.get(key) ?? begin(key, names)
      const patience = Promise.withResolvers<void>()
      const timer = setTimeout(patience.resolve, patienceMs)
      await Promise.race([promise, patience.promise])
      clearTimeout(timer)
      const answer = last.get(key)
      if (answer === undefined) return { text: undefined, source: { from: "nothing", ageMs: 0 } }
      const ageMs = performance.now() - answer.at
      return { text: answer.text, source: { from: answer.at < askedAt ? "memory" : answer.from, ageMs } }
    },
    receive: (id, text, tookMs) => {
      const key = byId.get(id)
      if (key !== undefined) hear(key, text, tookMs, "message")
    }
  }
}
