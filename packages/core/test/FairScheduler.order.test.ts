/**
 * As long as nobody runs long, programs run in the order of Effect's own scheduler: generated programs under both, on the
 * real event loop, with everything noted that they can observe.
 *
 * The turn is 10 seconds here, so that no machine is too slow. `GIVEWAY_PROGRAMS` is how many programs are tried, `GIVEWAY_SEED`
 * with which seed (`random` for another one each time).
 */
import { assert, describe, it } from "@effect/vitest"
import { FairScheduler } from "@giveway/core"
import type { Scope } from "effect"
import { Context, Deferred, Effect, Exit, Fiber, Latch, Queue, Scheduler, Semaphore } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"

type Program = ReadonlyArray<Step>

type Step =
  | { readonly _tag: "Note" }
  | { readonly _tag: "Yield"; readonly priority: number }
  | { readonly _tag: "Host"; readonly how: "immediate" | "microtask" | "tick"; readonly depth: number }
  | { readonly _tag: "Promise"; readonly depth: number }
  | { readonly _tag: "Callback"; readonly how: "immediate" | "microtask" | "tick" | "now" }
  | { readonly _tag: "Sleep"; readonly ms: number }
  | {
      readonly _tag: "Fork"
      readonly how: "child" | "detach" | "scoped" | "immediately" | "uninterruptible"
      readonly body: Program
    }
  | {
      readonly _tag: "RunFork"
      readonly from: "here" | "immediate" | "microtask"
      readonly interrupted: boolean
      readonly body: Program
    }
  | { readonly _tag: "Interrupt"; readonly after: number; readonly body: Program }
  | { readonly _tag: "Finally"; readonly body: Program; readonly last: Program }
  | { readonly _tag: "Uninterruptible"; readonly body: Program }
  | { readonly _tag: "All"; readonly bodies: ReadonlyArray<Program>; readonly concurrency: number | "unbounded" }
  | { readonly _tag: "Race"; readonly one: Program; readonly other: Program }
  | { readonly _tag: "Timeout"; readonly ms: number; readonly body: Program }
  | { readonly _tag: "RunSync" }
  | { readonly _tag: "Fail" }
  | {
      readonly _tag: "Shared"
      readonly what: "await" | "succeed" | "open" | "close" | "latch" | "offer" | "take" | "permit"
    }

const step: fc.Arbitrary<Step> = fc.letrec<{ step: Step; program: Program }>((tie) => {
  const program = tie("program")
  const host = fc.constantFrom("immediate" as const, "microtask" as const, "tick" as const)
  return {
    program: fc.array(tie("step"), { maxLength: 4, depthIdentifier: "program" }),
    step: fc.oneof(
      { depthIdentifier: "program", depthSize: "small", withCrossShrink: true },
      fc.constant<Step>({ _tag: "Note" }),
      fc.record({ _tag: fc.constant("Yield" as const), priority: fc.constantFrom(0, 0, 0, -1, 1) }),
      fc.record({ _tag: fc.constant("Host" as const), how: host, depth: fc.nat(2) }),
      fc.record({ _tag: fc.constant("Promise" as const), depth: fc.nat(3) }),
      fc.record({ _tag: fc.constant("Callback" as const), how: fc.oneof(host, fc.constant("now" as const)) }),
      fc.record({ _tag: fc.constant("Sleep" as const), ms: fc.nat(3) }),
      fc.record({
        _tag: fc.constant("Shared" as const),
        what: fc.constantFrom("await", "succeed", "open", "close", "latch", "offer", "take", "permit")
      }) as fc.Arbitrary<Step>,
      fc.constant<Step>({ _tag: "RunSync" }),
      fc.constant<Step>({ _tag: "Fail" }),
      fc.record({
        _tag: fc.constant("Fork" as const),
        how: fc.constantFrom("child", "child", "detach", "scoped", "immediately", "uninterruptible"),
        body: program
      }) as fc.Arbitrary<Step>,
      fc.record({
        _tag: fc.constant("RunFork" as const),
        from: fc.constantFrom("here", "immediate", "microtask"),
        interrupted: fc.boolean(),
        body: program
      }) as fc.Arbitrary<Step>,
      fc.record({ _tag: fc.constant("Interrupt" as const), after: fc.nat(2), body: program }),
      fc.record({ _tag: fc.constant("Finally" as const), body: program, last: program }),
      fc.record({ _tag: fc.constant("Uninterruptible" as const), body: program }),
      fc.record({
        _tag: fc.constant("All" as const),
        bodies: fc.array(program, { maxLength: 4 }),
        concurrency: fc.constantFrom(1, 2, "unbounded" as const)
      }),
      fc.record({ _tag: fc.constant("Race" as const), one: program, other: program }),
      fc.record({ _tag: fc.constant("Timeout" as const), ms: fc.nat(2), body: program })
    )
  }
}).step

/** Runs `f` as the host calls back, after `depth` more of the same. */
const host = (how: "immediate" | "microtask" | "tick", depth: number, f: () => void): void => {
  const next = depth === 0 ? f : () => host(how, depth - 1, f)
  if (how === "immediate") setImmediate(next)
  else if (how === "microtask") queueMicrotask(next)
  else process.nextTick(next)
}

const promise = async (depth: number): Promise<void> => {
  for (let i = 0; i < depth; i++) await undefined
}

interface World {
  readonly log: Array<string>
  readonly deferred: Deferred.Deferred<void>
  readonly latch: Latch.Latch
  readonly queue: Queue.Queue<string>
  readonly semaphore: Semaphore.Semaphore
}

const ended = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "done" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"

/** Each step of a program, noted by its path when it begins and ends. */
const meaning = (world: World) => {
  const note = (text: string) => Effect.sync(() => void world.log.push(text))

  const shared = (what: Extract<Step, { _tag: "Shared" }>["what"], at: string): Effect.Effect<unknown> => {
    switch (what) {
      case "await":
        return Deferred.await(world.deferred)
      case "succeed":
        return Deferred.succeed(world.deferred, undefined)
      case "open":
        return world.latch.open
      case "close":
        return world.latch.close
      case "latch":
        return world.latch.await
      case "offer":
        return Queue.offer(world.queue, at)
      case "take":
        return Effect.flatMap(Queue.take(world.queue), (value) => note(`${at} took ${value}`))
      case "permit":
        return world.semaphore.withPermits(1)(Effect.andThen(Effect.yieldNow, note(`${at} held`)))
    }
  }

  const run = (step: Step, at: string): Effect.Effect<unknown, string, Scope.Scope> => {
    switch (step._tag) {
      case "Note":
        return Effect.void
      case "Yield":
        return Effect.yieldNowWith(step.priority)
      case "Host":
        return Effect.sync(() => host(step.how, step.depth, () => world.log.push(`${at} host`)))
      case "Promise":
        return Effect.promise(() => promise(step.depth))
      case "Callback":
        return Effect.callback<void>((resume) => {
          if (step.how === "now") resume(Effect.void)
          else host(step.how, 0, () => resume(Effect.void))
        })
      case "Sleep":
        return Effect.sleep(step.ms)
      case "Shared":
        return shared(step.what, at)
      case "RunSync":
        return Effect.sync(() => Effect.runSync(Effect.andThen(Effect.yieldNow, note(`${at} inside`))))
      case "Fail":
        return Effect.fail(at)
      case "Fork": {
        const body = all(step.body, at)
        switch (step.how) {
          case "child":
            return Effect.forkChild(body)
          case "detach":
            return Effect.forkDetach(body)
          case "scoped":
            return Effect.forkScoped(body)
          case "immediately":
            return Effect.forkChild(body, { startImmediately: true })
          case "uninterruptible":
            return Effect.forkChild(body, { uninterruptible: true })
        }
        break
      }
      case "RunFork":
        return Effect.contextWith((context: Context.Context<Scope.Scope>) =>
          Effect.sync(() => {
            const start = (): void => {
              const fiber = Effect.runForkWith(context)(all(step.body, at))
              if (step.interrupted) fiber.interruptUnsafe()
              world.log.push(`${at} forked`)
            }
            if (step.from === "here") start()
            else host(step.from, 0, start)
          })
        )
      case "Interrupt":
        return Effect.gen(function* () {
          const fiber = yield* Effect.forkChild(all(step.body, at))
          for (let i = 0; i < step.after; i++) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
        })
      case "Finally":
        return Effect.ensuring(all(step.body, at), Effect.ignore(all(step.last, `${at}'`)))
      case "Uninterruptible":
        return Effect.uninterruptible(all(step.body, at))
      case "All":
        return Effect.forEach(step.bodies, (body, i) => all(body, `${at}.${i}`), { concurrency: step.concurrency })
      case "Race":
        return Effect.race(all(step.one, `${at}a`), all(step.other, `${at}b`))
      case "Timeout":
        return Effect.timeoutOption(all(step.body, at), step.ms)
    }
  }

  const all = (program: Program, at: string): Effect.Effect<void, string, Scope.Scope> =>
    Effect.forEach(
      program,
      (step, i) => {
        const here = `${at}/${i}${step._tag}`
        return Effect.onExit(Effect.andThen(note(`${here} begins`), run(step, here)), (exit) =>
          note(`${here} ${ended(exit)}`)
        )
      },
      { discard: true }
    )

  return all
}

/** Everything that a program does under a scheduler, until nothing has happened for a while. */
const trace = async (
  programs: ReadonlyArray<Program>,
  scheduler: Scheduler.Scheduler
): Promise<ReadonlyArray<string>> => {
  const log: Array<string> = []
  const setUp = Effect.gen(function* () {
    const world: World = {
      log,
      deferred: yield* Deferred.make<void>(),
      latch: yield* Latch.make(),
      queue: yield* Queue.bounded<string>(1),
      semaphore: yield* Semaphore.make(1)
    }
    const all = meaning(world)
    yield* Effect.forEach(programs, (program, i) => Effect.forkChild(all(program, String(i))), { discard: true })
    for (let i = 0; i < 4; i++) {
      yield* TestClock.adjust(1)
      log.push(`the clock ${i + 1}`)
    }
    yield* Effect.never
  })
  const main = Effect.runFork(Effect.provide(Effect.scoped(setUp), TestClock.layer()), { scheduler })
  const rest = async (): Promise<void> => {
    for (let quiet = 0, seen = log.length; quiet < 12; quiet = log.length === seen ? quiet + 1 : 0) {
      seen = log.length
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await rest()
  main.interruptUnsafe()
  log.push("interrupted")
  await rest()
  return log
}

const programs = Number(process.env["GIVEWAY_PROGRAMS"] ?? 5000)
const seed = process.env["GIVEWAY_SEED"] === "random" ? Date.now() : Number(process.env["GIVEWAY_SEED"] ?? 12)

describe("as long as nobody runs long", () => {
  it(`${programs} programs run in the order of Effect's own scheduler`, { timeout: 600_000 }, async () => {
    const several = fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(several, async (programs) => {
        const ours = FairScheduler.make({ turn: "10 seconds", slice: "10 seconds" })
        const expected = await trace(programs, new Scheduler.MixedScheduler())
        assert.deepStrictEqual(await trace(programs, ours), expected)
      }),
      { numRuns: programs, seed }
    )
  })
})
