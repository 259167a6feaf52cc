/**
 * What the programs of `FairScheduler.order.test.ts` do: each step notes what it observes, and when.
 */
import type { Scope } from "effect"
import {
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  FiberMap,
  FiberSet,
  Latch,
  Layer,
  ManagedRuntime,
  Pool,
  PubSub,
  Queue,
  RcRef,
  Schedule,
  Scheduler,
  Semaphore,
  Stream
} from "effect"
import { TestClock } from "effect/testing"
import type { Program, Step } from "./steps.ts"

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

export interface World {
  readonly log: Array<string>
  readonly deferred: Deferred.Deferred<void>
  readonly latch: Latch.Latch
  readonly queue: Queue.Queue<string>
  readonly semaphore: Semaphore.Semaphore
  /** three permits */
  readonly permits: Semaphore.Semaphore
  readonly pubsub: PubSub.PubSub<string>
  readonly cached: Effect.Effect<void>
  readonly pool: Pool.Pool<number>
  readonly counted: RcRef.RcRef<number>
}

/** Makes one, in whose log everything is noted. */
export const world = (log: Array<string>): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const note = (text: string) => Effect.sync(() => void log.push(text))
    const acquire = (name: string) => {
      let made = 0
      return Effect.acquireRelease(
        Effect.andThen(
          Effect.yieldNow,
          Effect.sync(() => (log.push(`${name} ${made} acquired`), made++))
        ),
        (n) => Effect.andThen(Effect.yieldNow, note(`${name} ${n} released`))
      )
    }
    return {
      log,
      deferred: yield* Deferred.make<void>(),
      latch: yield* Latch.make(),
      queue: yield* Queue.bounded<string>(1),
      semaphore: yield* Semaphore.make(1),
      permits: yield* Semaphore.make(3),
      pubsub: yield* PubSub.bounded<string>(1),
      cached: yield* Effect.cached(Effect.andThen(Effect.yieldNow, note("cached"))),
      pool: yield* Pool.make({ acquire: acquire("pooled"), size: 2 }),
      counted: yield* RcRef.make({ acquire: acquire("counted") })
    }
  })

const ended = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit) ? "done" : Exit.hasInterrupts(exit) ? "interrupted" : "failed"

/** Each step of a program, noted by its path when it begins and ends. */
export const meaning = (world: World) => {
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
      case "permits":
        return world.permits.withPermits(2)(Effect.andThen(Effect.yieldNow, note(`${at} held 2`)))
      case "publish":
        return PubSub.publish(world.pubsub, at)
      case "subscribe":
        return Effect.scoped(
          Effect.gen(function* () {
            const subscription = yield* PubSub.subscribe(world.pubsub)
            yield* note(`${at} subscribed`)
            yield* note(`${at} heard ${yield* PubSub.take(subscription)}`)
          })
        )
      case "cached":
        return world.cached
    }
  }

  /** One element for each step of a program, when it is done. */
  const stream = (program: Program, at: string): Stream.Stream<string, string, Scope.Scope> =>
    Stream.mapEffect(Stream.fromIterable(program.entries()), ([i, step]) =>
      Effect.as(all([step], `${at}.${i}`), `${at}.${i}`)
    )

  const seen = (elements: Stream.Stream<string, string, Scope.Scope>): Effect.Effect<void, string, Scope.Scope> =>
    Stream.runForEach(elements, (element) => note(`${element} seen`))

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
      case "SleepZero":
        return TestClock.withLive(Effect.sleep(0))
      case "RaceAll":
        return Effect.raceAll(step.bodies.map((body, i) => all(body, `${at}.${i}`)))
      case "Merge":
        return seen(Stream.merge(stream(step.one, `${at}a`), stream(step.other, `${at}b`)))
      case "MergeAll":
        return seen(
          Stream.mergeAll(
            step.bodies.map((body, i) => stream(body, `${at}.${i}`)),
            { concurrency: step.concurrency, bufferSize: 1 }
          )
        )
      case "Retry":
        return Effect.retry(all(step.body, at), Schedule.max([Schedule.recurs(step.times), Schedule.spaced(step.ms)]))
      case "Repeat":
        return Effect.repeat(all(step.body, at), Schedule.max([Schedule.recurs(step.times), Schedule.spaced(step.ms)]))
      case "FiberSet":
        return Effect.scoped(
          Effect.gen(function* () {
            const set = yield* FiberSet.make<void, string>()
            for (const [i, body] of step.bodies.entries()) yield* FiberSet.run(set, all(body, `${at}.${i}`))
            if (step.end === "join") yield* Effect.timeoutOption(FiberSet.join(set), 1)
            else if (step.end === "awaitEmpty") yield* FiberSet.awaitEmpty(set)
            else if (step.end === "clear") yield* FiberSet.clear(set)
          })
        )
      case "FiberMap":
        return Effect.scoped(
          Effect.gen(function* () {
            const map = yield* FiberMap.make<number, void, string>()
            const { onlyIfMissing } = step
            for (const [i, [key, body]] of step.bodies.entries()) {
              yield* FiberMap.run(map, key, all(body, `${at}.${i}`), { onlyIfMissing })
            }
            if (step.end === "join") yield* Effect.timeoutOption(FiberMap.join(map), 1)
            else if (step.end === "awaitEmpty") yield* FiberMap.awaitEmpty(map)
            else if (step.end === "clear") yield* FiberMap.clear(map)
          })
        )
      case "Pooled":
        return Effect.scoped(
          Effect.flatMap(Pool.get(world.pool), (n) => Effect.andThen(note(`${at} got ${n}`), all(step.body, at)))
        )
      case "Counted":
        return Effect.scoped(
          Effect.flatMap(RcRef.get(world.counted), (n) => Effect.andThen(note(`${at} got ${n}`), all(step.body, at)))
        )
      case "Managed":
        return Effect.contextWith((context: Context.Context<Scope.Scope>) =>
          Effect.promise(async () => {
            const given = Layer.effectContext(Effect.succeed(context))
            const built = Layer.effectDiscard(
              Effect.acquireRelease(Effect.ignore(all(step.building, `${at}+`)), () =>
                Effect.ignore(all(step.releasing, `${at}-`))
              )
            )
            const runtime = ManagedRuntime.make(Layer.provideMerge(built, given))
            const told = (how: string) => () => world.log.push(`${at} ${how}`)
            const dispose = () => void runtime.dispose().then(told("disposed"), told("disposed, with a failure"))
            const exit = runtime.runPromiseExit(all(step.body, at))
            if (step.disposed === "here") dispose()
            else if (step.disposed !== "after") host(step.disposed, 1, dispose)
            world.log.push(`${at} managed ${ended(await exit)}`)
            if (step.disposed === "after") dispose()
          })
        )
      case "RunPromise":
        return Effect.contextWith((whole: Context.Context<Scope.Scope>) =>
          Effect.promise(async () => {
            const context =
              step.scheduler === "ours"
                ? whole
                : Context.add(whole, Scheduler.Scheduler, new Scheduler.MixedScheduler())
            const controller = new AbortController()
            const { signal } = controller
            const abort = () => controller.abort()
            if (step.abort === "before") abort()
            const exit = Effect.runPromiseExitWith(context)(all(step.body, at), { signal })
            if (step.abort === "at once") abort()
            else if (step.abort === "immediate" || step.abort === "microtask") host(step.abort, 0, abort)
            world.log.push(`${at} promised`)
            world.log.push(`${at} ran ${ended(await exit)}`)
          })
        )
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
