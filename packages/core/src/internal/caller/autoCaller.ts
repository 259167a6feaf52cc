/**
 * `Compute.auto`, the same for every platform: asks the placement machine, runs the call where the machine says, and
 * reports the measured time to it.
 *
 * **Invariant**: a call means the same everywhere. Its arguments and its result are examined before they are copied; a call
 * with values that a copy would change stays on this thread. A function that a worker cannot find or load runs here. A
 * thrown error is a defect on either thread. A class of calls pays for such a discovery once.
 *
 * Calls known to be short take a quick way (`KnownClass.quick`): the twin is called with a budget, and neither the clock nor
 * the load is read. Every 32nd goes the whole way, so that a change is noticed. A call that has become long is noticed at
 * once, since it uses up its budget.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { AutoError, Compute, PlacementReport } from "../job/computeService.ts"
import type { Uncloneable } from "../job/cloneable.ts"
import * as Errors from "../job/computeErrors.ts"
import type { ComputePort } from "./computePort.ts"
import type { ComputeMetrics } from "./computeMetrics.ts"
import * as faithful from "../job/faithful.ts"
import * as inOneGo from "../steppable/inOneGo.ts"
import type { Exchange } from "./jobCaller.ts"
import * as jobContext from "../job/jobContext.ts"
import type { Ending } from "../job/jobMessages.ts"
import { thrownText } from "../options/shownValue.ts"
import * as placement from "./placement.ts"
import type { PureFunction } from "../steppable/pureFunctions.ts"
import * as pureFunctions from "../steppable/pureFunctions.ts"
import { isSliceSource } from "../scheduler/sliceSource.ts"
import { attempt } from "../steppable/activation.ts"
import * as inSlices from "../steppable/inSlices.ts"
import type { Policy } from "../steppable/slices/budget.ts"
import { loopPolicy } from "../steppable/slices/loopPolicy.ts"
import { SUSPENDED } from "../steppable/suspension.ts"
import type { Twin } from "../steppable/twins.ts"
import { twinOf } from "../steppable/twins.ts"
import { unpack } from "../job/transport.ts"

/** The part of a platform with workers. */
interface Away {
  readonly exchange: Exchange
  readonly load: () => Pick<placement.Load, "workers" | "free" | "idle" | "queued">
  /** the reason why workers must not import a module; `undefined`: they may */
  readonly refuses: (moduleUrl: string) => string | undefined
}

/** Calls of at most so many ms take the quick way, after so many measured ones of their class. Guesses. */
const quickMs = 0.02
const quickAfter = 8
/** Calls on the quick way between two measured ones: measuring costs about two of the shortest. */
const quickCalls = 31

/** A pure function as one `Compute` service knows it. */
interface Known {
  readonly pure: PureFunction
  readonly classes: Array<KnownClass | undefined>
  readonly counts: Record<placement.Where, number>
}

interface KnownClass {
  readonly costs: placement.Costs
  /** calls that may still take the quick way, and the form they run in */
  quick: number
  quickTwin: Twin | undefined
  last: placement.Decision | undefined
}

const notPure = (pure: unknown): TypeError =>
  new TypeError(
    `Compute.auto takes a function that Pure.fn made, and got ${typeof pure === "function" ? `the function ${pure.name}` : typeof pure}. Wrap it: Pure.fn("name", f)`
  )

/** Without a pool (`away` is `undefined`) everything runs here. */
export const make = (
  away: Away | undefined,
  metrics?: ComputeMetrics
): Pick<ComputePort, "auto"> & Pick<Compute["Service"], "placement"> => {
  const state = placement.make()
  const functions = new WeakMap<object, Known>()
  /** for the report; weak, since a function need not live as long as its module */
  let listed: Array<WeakRef<Known>> = []
  let waiting = 0
  let sent = 0

  const known = (pure: object): Known => {
    let found = functions.get(pure)
    if (found === undefined) {
      const description = pureFunctions.of(pure)
      if (description === undefined) throw notPure(pure)
      found = { pure: description, classes: [], counts: { inline: 0, slices: 0, worker: 0 } }
      functions.set(pure, found)
      if ((listed.length & (listed.length - 1)) === 0) listed = listed.filter((each) => each.deref() !== undefined)
      listed.push(new WeakRef(found))
    }
    return found
  }

  const classOf = ({ classes }: Known, args: ReadonlyArray<unknown>): KnownClass => {
    const size = placement.classOf(args)
    return (classes[size] ??= { costs: placement.costs(), quick: 0, quickTwin: undefined, last: undefined })
  }

  /** Notes a decision in the report, the metrics and the caller's span. */
  const note = (fn: Known, fiber: Fiber.Fiber<unknown, unknown>, where: placement.Where, calls = 1): void => {
    fn.counts[where] += calls
    metrics?.placed(where, calls)
    const { span } = fiber.cache
    if (span !== undefined && span._tag === "Span") span.attribute("giveway.placement", where)
  }

  const load = (fiber: Fiber.Fiber<unknown, unknown>): placement.Load => {
    const { scheduler } = fiber.cache
    return {
      ...(away === undefined ? noWorkers : away.load()),
      waiting: waiting + (isSliceSource(scheduler) ? scheduler.ready : 0),
      away: sent
    }
  }

  const staysBecause = ({ address, staysBecause }: PureFunction): string | undefined => {
    if (away === undefined) return "there are no workers"
    if (staysBecause !== undefined) return staysBecause
    if (address === undefined)
      return "workers do not know its module: it is not compiled, or not at the module's top level"
    return away.refuses(address.moduleUrl)
  }

  /** The policy of one call on this thread. It measures the call; its clock stands still between slices. */
  const timed = (cls: KnownClass): Policy => {
    let startedAt = 0
    let spent = 0
    let paused = false
    const left = (): void => {
      if (!paused) return
      waiting--
      cls.costs.runningHere--
    }
    return {
      waits: true,
      begin: (pace) => {
        startedAt = performance.now()
        loopPolicy.begin(pace)
      },
      poll: (pace) => loopPolicy.poll(pace),
      end: (isLast) => {
        loopPolicy.end?.(isLast)
        spent += performance.now() - startedAt
        if (isLast) {
          left()
          placement.ranHere(cls.costs, spent)
        } else if (!paused) {
          paused = true
          waiting++
          cls.costs.runningHere++
        }
      },
      abandoned: left
    }
  }

  /** Runs a call on this thread. */
  const here = <A>(fn: Known, cls: KnownClass, args: ReadonlyArray<unknown>): Effect.Effect<A> =>
    Effect.suspend(() => {
      const twin = twinOf(fn.pure.plain)
      if (twin === undefined) {
        const start = performance.now()
        try {
          return inOneGo.call(fn.pure.name, fn.pure.plain, [...args], fn.pure.slice) as Effect.Effect<A>
        } finally {
          placement.ranHere(cls.costs, performance.now() - start)
        }
      }
      return inSlices.begin<A>(twin, args, timed(cls), fn.pure.slice)
    })

  /** Sends a call to a worker, or runs it here and notes the reason. */
  const there = <A>(
    fn: Known,
    cls: KnownClass,
    args: ReadonlyArray<unknown>,
    fiber: Fiber.Fiber<unknown, unknown>,
    atOnce: boolean
  ): Effect.Effect<A, AutoError> => {
    const stay = (because: string): Effect.Effect<A> => {
      placement.mustStay(cls.costs, because)
      return stayFor(because)
    }
    const stayFor = (because: string): Effect.Effect<A> => {
      cls.last = { where: "slices", because }
      note(fn, fiber, "slices")
      return here<A>(fn, cls, args)
    }
    const verdict = faithful.examine(args, faithful.largestArguments)
    if (verdict._tag === "TooLarge") return stay("its arguments are too large to copy without holding the loop")
    if (verdict._tag === "Unfaithful") {
      return stay(`a copy would change its arguments: ${named(verdict)}`)
    }
    const { key, moduleUrl } = fn.pure.address!
    const start = performance.now()
    const request = { moduleUrl, name: key, pure: true, payload: args, context: jobContext.capture(fiber) }
    const task = fn.pure.name
    const learn = (ranMs: number | undefined): void => {
      note(fn, fiber, "worker")
      if (ranMs === undefined) return
      placement.ranThere(state, cls.costs, { run: ranMs, roundTrip: performance.now() - start, atOnce })
    }
    sent++
    return Effect.flatMap(
      Effect.ensuring(
        away!.exchange(request, fiber, Effect.succeed),
        Effect.sync(() => {
          sent--
        })
      ),
      (ending: Ending): Effect.Effect<A, AutoError> => {
        switch (ending._tag) {
          case "Success":
            learn(ending.ranMs)
            return Effect.succeed(ending.value as A)
          case "JobDied":
            learn(ending.ranMs)
            return Effect.die(unpack(ending.cause))
          case "WorkerExited":
            return Effect.fail(new Errors.WorkerExited({ task, code: ending.code }))
          case "WorkerOutOfMemory":
            return Effect.fail(new Errors.WorkerOutOfMemory({ task, limitMb: ending.limitMb }))
          case "Cancelled":
          case "ComputeClosed":
            return Effect.fail(new Errors.ComputeClosed({ task }))
          case "ComputeOverloaded":
            return stayFor("the pool's queue is full")
          case "WorkerUnavailable":
            return stayFor("no worker could be started")
          case "ResultNotCloneable":
            return stay(`a copy would change its result: ${named(ending)}`)
          case "TaskModuleFailed": {
            const cause = unpack(ending.cause)
            fn.pure.staysBecause = `workers cannot import its module: ${cause instanceof Error ? cause.message : thrownText(cause)}`
            return stayFor(fn.pure.staysBecause)
          }
          case "TaskNotFound":
            fn.pure.staysBecause = "workers do not find it in its module"
            return stayFor(fn.pure.staysBecause)
          default:
            return stay(`a worker could not run it (${ending._tag})`)
        }
      }
    )
  }

  /** The whole way: decides, runs, learns. */
  const placed = <A>(
    fn: Known,
    cls: KnownClass,
    args: ReadonlyArray<unknown>,
    fiber: Fiber.Fiber<unknown, unknown>
  ): Effect.Effect<A, AutoError> => {
    const twin = twinOf(fn.pure.plain)
    const world = load(fiber)
    const decision = placement.decide(state, cls.costs, world, {
      compiled: twin !== undefined,
      staysBecause: staysBecause(fn.pure)
    })
    cls.last = decision
    if (decision.where === "worker") return there<A>(fn, cls, args, fiber, world.idle > 0)
    const { here: measured } = cls.costs
    const quick = twin !== undefined && measured.n >= quickAfter && measured.value <= quickMs
    note(fn, fiber, decision.where, 1 + (cls.quickTwin === undefined ? 0 : quickCalls))
    cls.quickTwin = quick ? twin : undefined
    cls.quick = quick ? quickCalls : 0
    return here<A>(fn, cls, args)
  }

  return {
    auto: <A>(pure: object, args: ReadonlyArray<unknown>, fiber: Fiber.Fiber<unknown, unknown>) => {
      const fn = known(pure)
      const cls = classOf(fn, args)
      if (cls.quick <= 0) return placed<A>(fn, cls, args, fiber)
      cls.quick--
      const result = attempt(cls.quickTwin!, args)
      if (result !== SUSPENDED) return Effect.succeed(result as A)
      // it takes longer than before: from here on it is measured
      note(fn, fiber, "inline", quickCalls - cls.quick - 1)
      note(fn, fiber, "slices")
      cls.quick = 0
      cls.quickTwin = undefined
      return inSlices.adopt<A>(timed(cls), fn.pure.slice)
    },
    placement: Effect.sync((): PlacementReport => ({
      dispatchMs: placement.dispatchMs(state, placement.costs()),
      functions: listed.flatMap((each) => {
        const fn = each.deref()
        return fn === undefined ? [] : [report(fn, staysBecause(fn.pure))]
      })
    }))
  }
}

const named = ({ path, what }: Uncloneable): string => (path === "" ? what : `${what} at ${path}`)

const noWorkers = { workers: 0, free: 0, idle: 0, queued: 0 }

const report = (
  { classes, counts, pure }: Known,
  staysBecause: string | undefined
): PlacementReport["functions"][number] => ({
  name: pure.name,
  compiled: twinOf(pure.plain) !== undefined,
  staysBecause,
  ...counts,
  classes: classes.flatMap((cls, size) => {
    if (cls === undefined) return []
    const { here, there, way } = cls.costs
    return [
      {
        size: 2 ** size,
        hereMs: here.n === 0 ? undefined : here.value,
        workerMs: there.n === 0 ? undefined : there.value,
        dispatchMs: way.n === 0 ? undefined : way.value,
        where: cls.last?.where,
        because: cls.last?.because
      }
    ]
  })
})
