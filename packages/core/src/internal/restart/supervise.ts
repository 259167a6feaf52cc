/**
 * The shell of a supervised tree: starts and stops child fibers as the restart machine orders, and logs and counts that.
 *
 * One loop owns the state. Children, timers and stops only put events into its queue, so no two of its actions overlap.
 *
 * **Invariant.** However the loop ends (escalation, interruption, all children done), every child has ended before it, in the
 * reverse order of their starts.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Metric from "effect/Metric"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as fiberNotes from "../fibers/fiberNotes.ts"
import * as cut from "../safeText/cut.ts"
import * as safeText from "../safeText/safeText.ts"
import * as restartMachine from "./restartMachine.ts"
import { duration } from "../stalls/stallText.ts"

/** A child: `run` runs anew at each start, in a scope of its own. */
export interface ChildSpec<R> {
  readonly name: string
  readonly restart: restartMachine.Restart
  readonly run: Effect.Effect<unknown, unknown, R>
}

/** The child that failed once too often, and the error or defect of its last failure. */
interface Escalation {
  readonly child: string
  readonly cause: unknown
}

const restarts = Metric.counter("giveway_supervisor_restarts_total", {
  description: "Children started again, by supervisor and child",
  incremental: true
})

const escalations = Metric.counter("giveway_supervisor_escalations_total", {
  description: "Supervisors that gave up, by supervisor",
  incremental: true
})

/** Keeps the children running until all have ended (`undefined`), or one of them fails too often. */
export const run = <R>(
  name: string,
  specs: ReadonlyArray<ChildSpec<R>>,
  policy: restartMachine.Policy
): Effect.Effect<Escalation | undefined, never, Exclude<R, Scope.Scope>> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const supervisor = yield* Effect.fiber
      const events = yield* Queue.unbounded<restartMachine.Event>()
      const fibers: Array<Fiber.Fiber<unknown, unknown> | undefined> = specs.map(() => undefined)
      /** in the order of their start */
      const started: Array<number> = []
      const lastCause: Array<unknown> = []
      let timer: Fiber.Fiber<unknown> | undefined
      let state = restartMachine.initial(
        policy,
        specs.map(({ restart }) => restart)
      )
      const clock = yield* Clock.Clock
      // the wall clock may be set: back, and a restart would wait for hours; forth, and failures would be forgotten
      const now = (): number => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
      const removeNote = fiberNotes.attach(supervisor, () => noteOfSupervisor(name, specs, state, now()))

      const start = (index: number) =>
        Effect.gen(function* () {
          const spec = specs[index]!
          const { restarts } = state.children[index]!
          const fiber = yield* Effect.forkDetach(named(spec))
          fibers[index] = fiber
          started.push(index)
          fiberNotes.attach(fiber, () => noteOfChild(name, restarts, lastCause[index]))
          fiber.addObserver((exit) => {
            const failed = Exit.isFailure(exit)
            if (failed) lastCause[index] = Cause.squash(exit.cause)
            Queue.offerUnsafe(events, { _tag: "Exited", child: index, failed, now: now() })
          })
        })

      const execute = (action: restartMachine.Action): Effect.Effect<unknown, never, Exclude<R, Scope.Scope>> => {
        switch (action._tag) {
          case "Start":
            return start(action.child)
          case "Stop":
            return Effect.sync(() => fibers[action.child]!.interruptUnsafe(supervisor.id))
          case "WakeAt":
            return Effect.gen(function* () {
              timer?.interruptUnsafe(supervisor.id)
              const wake = Effect.suspend(() => Queue.offer(events, { _tag: "Woke", now: now() }))
              timer = yield* Effect.forkDetach(
                Effect.interruptible(Effect.andThen(Effect.sleep(action.at - now()), wake))
              )
            })
          case "Restarting": {
            const child = specs[action.child]!.name
            return Effect.andThen(
              Metric.update(Metric.withAttributes(restarts, { supervisor: name, child }), 1),
              Effect.logWarning(
                safeText.line(
                  `${name}: ${child} failed (${textOf(lastCause[action.child])}), restart ${state.history.length} of ${policy.restarts} within ${duration(policy.withinMs)}${action.delayMs === 0 ? "" : `, in ${duration(action.delayMs)}`}`
                )
              )
            )
          }
          case "Escalate":
          case "Complete":
            return Effect.void
        }
      }

      const loop = Effect.gen(function* () {
        let event: restartMachine.Event = { _tag: "Started", now: now() }
        for (;;) {
          const next = restartMachine.transition(state, event)
          state = next.state
          for (const action of next.actions) {
            yield* execute(action)
            if (action._tag === "Complete") return undefined
            if (action._tag === "Escalate") {
              yield* Metric.update(Metric.withAttributes(escalations, { supervisor: name }), 1)
              return { child: specs[action.child]!.name, cause: lastCause[action.child] }
            }
          }
          event = yield* restore(Queue.take(events))
        }
      })

      return yield* Effect.ensuring(
        loop,
        Effect.gen(function* () {
          removeNote()
          if (timer !== undefined) yield* Fiber.interrupt(timer)
          for (const index of new Set(started.toReversed())) yield* Fiber.interrupt(fibers[index]!)
        })
      )
    })
  )

/** Gives the child's fiber the child's name, and takes from it the span of its supervisor, which it may outlive. */
const named = <R>({ name, run }: ChildSpec<R>): Effect.Effect<unknown, unknown, Exclude<R, Scope.Scope>> => {
  const frame = { name, stack: () => undefined, parent: undefined }
  return Effect.interruptible(
    Effect.updateContext(
      Effect.scoped(run),
      <S>(context: Context.Context<S>): Context.Context<S> =>
        Context.add(Context.omit(Tracer.ParentSpan)(context), References.CurrentStackFrame, frame) as Context.Context<S>
    )
  )
}

/** A program may fail with a value that throws when it is printed. */
const textOf = (cause: unknown): string => {
  try {
    return safeText.line(
      cut.to(cut.sentenceLetters, cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause))
    )
  } catch {
    return "with a value that cannot be printed"
  }
}

const noteOfChild = (supervisor: string, restarts: number, cause: unknown): string =>
  restarts === 0 ? `child of ${supervisor}` : `child of ${supervisor}, restart ${restarts} after ${textOf(cause)}`

const noteOfSupervisor = <R>(
  name: string,
  specs: ReadonlyArray<ChildSpec<R>>,
  { children, history, policy }: restartMachine.State,
  now: number
): string => {
  const recent = history.filter((at) => now - at < policy.withinMs).length
  const waiting = children.flatMap(({ phase }, index) =>
    phase._tag === "Down" && phase.dueAt > now
      ? [`, ${specs[index]!.name} backs off ${duration(phase.dueAt - now)}`]
      : []
  )
  return `${name}: ${specs.length} children ${policy.strategy}, ${recent} of ${policy.restarts} restarts${waiting.join("")}`
}
