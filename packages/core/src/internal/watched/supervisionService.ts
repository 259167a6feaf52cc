/**
 * The service `Supervision`. Users find it in the module of that name; it stands apart because a program that starts needs no more than it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type * as FiberDump from "../../FiberDump.ts"
import type * as Lints from "../../Lints.ts"
import type * as Starvation from "../../Starvation.ts"
import type { Usage } from "../sharedMemory/usage.ts"
import type { Statistics } from "./supervisor.ts"

/**
 * The service: the live fibers of this thread, its stalls, and the cost of its fibers.
 *
 * @category services
 * @since 0.1.0
 */
export class Supervision extends Context.Service<
  Supervision,
  {
    /**
     * The live fibers, in no order. A forked fiber is listed once it has begun to run, and one that had suspended before
     * this thread was supervised once it runs again. Cost: about 1 µs a fiber, and 3 µs more for
     * one that awaits a deferred, a queue or a latch.
     */
    readonly fibers: Effect.Effect<ReadonlyArray<FiberDump.FiberInfo>>
    /** The live fibers as a snapshot that can be rendered and sent. */
    readonly dump: Effect.Effect<FiberDump.FiberDump>
    /**
     * Stalls as they end, from now on. A subscriber that falls more than 64 behind loses the oldest: watching must not
     * become a leak of its own.
     */
    readonly starvation: Stream.Stream<Starvation.Starvation>
    /** The last 32 stalls, oldest first. */
    readonly recent: Effect.Effect<ReadonlyArray<Starvation.Starvation>>
    /**
     * Where this thread's time has gone since it first was supervised: for each span or `Effect.fn` the cost of its fibers
     * and how long they waited for their slices, dearest first. Cost: some 10 µs and 1 µs a name.
     */
    readonly usage: Effect.Effect<ReadonlyArray<Usage>>
    /**
     * The findings of the lints now, the gravest first: deadlocks, fibers that poll, fibers that outlived their parents,
     * fibers that were garbage while they waited … (`Lints.summaries`). Cost: that of a dump.
     */
    readonly lints: Effect.Effect<ReadonlyArray<Lints.Finding>>
    /** The counters so far. */
    readonly statistics: Effect.Effect<Statistics>
  }
>()("@giveway/core/Supervision") {}
