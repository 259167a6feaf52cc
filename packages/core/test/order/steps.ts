/**
 * Programs that `FairScheduler.order.test.ts` generates: what a step can be. `meaning.ts` says what it does.
 *
 * Left out: timers of the host beside its immediates, since Node does not say which of them comes first.
 */
import * as fc from "fast-check"

/** What steps do with the things that all fibers of a program share. */
export const shared = [
  "await",
  "succeed",
  "open",
  "close",
  "latch",
  "offer",
  "take",
  "permit",
  "permits",
  "publish",
  "subscribe",
  "cached"
] as const

export type Program = ReadonlyArray<Step>

export type Step =
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
  | { readonly _tag: "SleepZero" }
  | { readonly _tag: "RaceAll"; readonly bodies: ReadonlyArray<Program> }
  | { readonly _tag: "Merge"; readonly one: Program; readonly other: Program }
  | { readonly _tag: "MergeAll"; readonly bodies: ReadonlyArray<Program>; readonly concurrency: number | "unbounded" }
  | { readonly _tag: "Retry"; readonly times: number; readonly ms: number; readonly body: Program }
  | { readonly _tag: "Repeat"; readonly times: number; readonly ms: number; readonly body: Program }
  | {
      readonly _tag: "FiberSet"
      readonly end: "join" | "awaitEmpty" | "clear" | "close"
      readonly bodies: ReadonlyArray<Program>
    }
  | {
      readonly _tag: "FiberMap"
      readonly end: "join" | "awaitEmpty" | "clear" | "close"
      readonly onlyIfMissing: boolean
      readonly bodies: ReadonlyArray<readonly [key: number, body: Program]>
    }
  | { readonly _tag: "Pooled"; readonly body: Program }
  | { readonly _tag: "Counted"; readonly body: Program }
  | {
      readonly _tag: "Managed"
      readonly building: Program
      readonly releasing: Program
      readonly body: Program
      readonly disposed: "here" | "immediate" | "microtask" | "after"
    }
  | {
      readonly _tag: "RunPromise"
      readonly scheduler: "ours" | "bare"
      readonly abort: "never" | "before" | "at once" | "immediate" | "microtask"
      readonly body: Program
    }
  | {
      readonly _tag: "Shared"
      readonly what: (typeof shared)[number]
    }

const host = fc.constantFrom("immediate" as const, "microtask" as const, "tick" as const)

/** What has no steps inside. Half of it is about something shared, so that fibers meet. */
const leaf: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ _tag: fc.constant("Shared" as const), what: fc.constantFrom(...shared) }), weight: 9 },
  fc.constant<Step>({ _tag: "Note" }),
  fc.record({ _tag: fc.constant("Yield" as const), priority: fc.constantFrom(0, 0, 0, -1, 1) }),
  fc.record({ _tag: fc.constant("Host" as const), how: host, depth: fc.nat(2) }),
  fc.record({ _tag: fc.constant("Promise" as const), depth: fc.nat(3) }),
  fc.record({ _tag: fc.constant("Callback" as const), how: fc.oneof(host, fc.constant("now" as const)) }),
  fc.record({ _tag: fc.constant("Sleep" as const), ms: fc.nat(3) }),
  fc.constant<Step>({ _tag: "RunSync" }),
  fc.constant<Step>({ _tag: "Fail" }),
  fc.constant<Step>({ _tag: "SleepZero" })
)

export const step: fc.Arbitrary<Step> = fc.letrec<{ step: Step; program: Program }>((tie) => {
  const program = tie("program")
  const end = fc.constantFrom("join" as const, "awaitEmpty" as const, "clear" as const, "close" as const)
  return {
    program: fc.array(tie("step"), { maxLength: 4, depthIdentifier: "program" }),
    step: fc.oneof(
      { depthIdentifier: "program", depthSize: "small", withCrossShrink: true },
      { arbitrary: leaf, weight: 12 },
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
      fc.record({ _tag: fc.constant("Timeout" as const), ms: fc.nat(2), body: program }),
      fc.record({ _tag: fc.constant("RaceAll" as const), bodies: fc.array(program, { minLength: 1, maxLength: 4 }) }),
      fc.record({ _tag: fc.constant("Merge" as const), one: program, other: program }),
      fc.record({
        _tag: fc.constant("MergeAll" as const),
        bodies: fc.array(program, { maxLength: 4 }),
        concurrency: fc.constantFrom(1, 2, "unbounded" as const)
      }),
      fc.record({ _tag: fc.constant("Retry" as const), times: fc.nat(2), ms: fc.nat(2), body: program }),
      fc.record({ _tag: fc.constant("Repeat" as const), times: fc.nat(2), ms: fc.nat(2), body: program }),
      fc.record({ _tag: fc.constant("FiberSet" as const), end, bodies: fc.array(program, { maxLength: 3 }) }),
      fc.record({
        _tag: fc.constant("FiberMap" as const),
        end,
        onlyIfMissing: fc.boolean(),
        bodies: fc.array(fc.tuple(fc.nat(1), program), { maxLength: 3 })
      }),
      fc.record({ _tag: fc.constant("Pooled" as const), body: program }),
      fc.record({ _tag: fc.constant("Counted" as const), body: program }),
      fc.record({
        _tag: fc.constant("Managed" as const),
        building: program,
        releasing: program,
        body: program,
        disposed: fc.constantFrom("here", "immediate", "microtask", "after")
      }),
      fc.record({
        _tag: fc.constant("RunPromise" as const),
        scheduler: fc.constantFrom("ours", "bare"),
        abort: fc.constantFrom("never", "before", "at once", "immediate", "microtask"),
        body: program
      })
    )
  }
}).step
