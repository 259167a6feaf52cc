/**
 * OTP's restart strategies, as one state machine: an event of a child goes in, actions on the children come out.
 *
 * ```text
 *             failed        its whole group is down, and its delay is over
 *   running ─────────► down ───────────────────────────────────────────────► running
 *      │                ▲
 *      ├─► stopping ────┘   a sibling failed that this one depends on
 *      └─► ended            it is not to be restarted
 * ```
 *
 * The **group** of a failed child is the children that are restarted with it: itself (`one-for-one`), itself and those after it
 * (`rest-for-one`), all (`one-for-all`). The children of a group are stopped one by one, the last first, and started in order.
 *
 * **Invariants.** A child is started only when its whole group is down, so two runs of one child never overlap. A child
 * that fails while its group is being stopped does not count as another restart. More restarts than the policy
 * allows escalate, once, and nothing is started after that.
 *
 * Rejected: a loop that stops and starts a group before it looks at the next exit (a child in its back-off would hold up
 * the restart of another one).
 */

/** Which children are restarted with a child that failed: only it, all, or it and those after it. */
export type Strategy = "one-for-one" | "one-for-all" | "rest-for-one"

/** After which of its ends a child is restarted: each, each failure, none. */
export type Restart = "permanent" | "transient" | "temporary"

/** Times in ms. */
export interface Policy {
  readonly strategy: Strategy
  /** more restarts than these within `withinMs` escalate */
  readonly restarts: number
  readonly withinMs: number
  readonly firstDelayMs: number
  readonly longestDelayMs: number
}

type Phase =
  | { readonly _tag: "Running"; readonly startedAt: number }
  /** asked to end, because a sibling failed */
  | { readonly _tag: "Stopping" }
  | { readonly _tag: "Down"; readonly dueAt: number }
  | { readonly _tag: "Ended" }

interface Child {
  readonly restart: Restart
  readonly phase: Phase
  /** how often it was restarted since the supervisor started */
  readonly restarts: number
  /** restarts in a row; a child that ran for longer than `withinMs` begins a new row */
  readonly row: number
}

export interface State {
  readonly policy: Policy
  readonly children: ReadonlyArray<Child>
  /** when children were restarted, within the last `withinMs` */
  readonly history: ReadonlyArray<number>
  readonly over: boolean
}

export type Event =
  | { readonly _tag: "Started"; readonly now: number }
  | { readonly _tag: "Exited"; readonly child: number; readonly failed: boolean; readonly now: number }
  /** time passes */
  | { readonly _tag: "Woke"; readonly now: number }

export type Action =
  | { readonly _tag: "Start"; readonly child: number }
  | { readonly _tag: "Stop"; readonly child: number }
  /** a child failed and is restarted, once its group is down and `delayMs` are over */
  | { readonly _tag: "Restarting"; readonly child: number; readonly delayMs: number }
  | { readonly _tag: "WakeAt"; readonly at: number }
  /** this child failed once too often */
  | { readonly _tag: "Escalate"; readonly child: number }
  /** every child has ended and none is restarted */
  | { readonly _tag: "Complete" }

interface Step {
  readonly state: State
  readonly actions: ReadonlyArray<Action>
}

export const initial = (policy: Policy, restarts: ReadonlyArray<Restart>): State => ({
  policy,
  children: restarts.map((restart) => ({ restart, phase: { _tag: "Ended" }, restarts: 0, row: 0 })),
  history: [],
  over: false
})

export const transition = (state: State, event: Event): Step => {
  if (state.over) return { state, actions: [] }
  switch (event._tag) {
    case "Started": {
      const children = state.children.map((child) => ({ ...child, phase: running(event.now) }))
      return ended(
        { ...state, children },
        children.map((_, child) => ({ _tag: "Start", child }))
      )
    }
    case "Exited":
      return exited(state, event.child, event.failed, event.now)
    case "Woke":
      return advance(state, [], event.now)
  }
}

/** How long a child that was restarted `row` times in a row waits: nothing at first, then twice as long each time. */
const delayOf = ({ firstDelayMs, longestDelayMs }: Policy, row: number): number =>
  row <= 1 ? 0 : Math.min(longestDelayMs, firstDelayMs * 2 ** (row - 2))

const running = (startedAt: number): Phase => ({ _tag: "Running", startedAt })

const withChild = (state: State, index: number, changes: Partial<Child>): State => ({
  ...state,
  children: state.children.map((child, at) => (at === index ? { ...child, ...changes } : child))
})

const isDown = ({ phase }: Child): boolean => phase._tag === "Down" || phase._tag === "Stopping"

/** The first child of the group that is being restarted; `Infinity` if none is. Never asked of `one-for-one`. */
const groupStart = ({ children, policy }: State): number => {
  const first = children.findIndex(isDown)
  if (first === -1) return Infinity
  return policy.strategy === "one-for-all" ? 0 : first
}

const exited = (state: State, index: number, failed: boolean, now: number): Step => {
  const child = state.children[index]!
  const { phase, restart } = child
  const isFinal = restart === "temporary" || (restart === "transient" && !failed)
  if (phase._tag === "Stopping") {
    return advance(withChild(state, index, { phase: restart === "temporary" ? { _tag: "Ended" } : down(now) }), [], now)
  }
  if (phase._tag !== "Running") return { state, actions: [] }
  if (isFinal) return advance(withChild(state, index, { phase: { _tag: "Ended" } }), [], now)
  if (state.policy.strategy !== "one-for-one" && index >= groupStart(state)) {
    return advance(withChild(state, index, { phase: down(now) }), [], now)
  }
  const { policy } = state
  const history = [...state.history.filter((at) => now - at < policy.withinMs), now]
  if (history.length > policy.restarts) {
    const left = withChild({ ...state, history, over: true }, index, { phase: { _tag: "Ended" } })
    return { state: left, actions: [{ _tag: "Escalate", child: index }] }
  }
  const row = (now - phase.startedAt >= policy.withinMs ? 0 : child.row) + 1
  const delayMs = delayOf(policy, row)
  return advance(
    { ...withChild(state, index, { phase: down(now + delayMs), restarts: child.restarts + 1, row }), history },
    [{ _tag: "Restarting", child: index, delayMs }],
    now
  )
}

const down = (dueAt: number): Phase => ({ _tag: "Down", dueAt })

/** Stops the next child that a group still has to stop, or starts the children that are due. */
const advance = (state: State, before: ReadonlyArray<Action>, now: number): Step => {
  const next = state.policy.strategy === "one-for-one" ? advanceEach(state, now) : advanceGroup(state, now)
  return ended(next.state, [...before, ...next.actions])
}

const advanceEach = (state: State, now: number): Step => {
  const actions: Array<Action> = []
  let wakeAt = Infinity
  const children = state.children.map((child, index): Child => {
    if (child.phase._tag !== "Down") return child
    if (child.phase.dueAt > now) {
      wakeAt = Math.min(wakeAt, child.phase.dueAt)
      return child
    }
    actions.push({ _tag: "Start", child: index })
    return { ...child, phase: running(now) }
  })
  if (wakeAt < Infinity) actions.push({ _tag: "WakeAt", at: wakeAt })
  return { state: { ...state, children }, actions }
}

const advanceGroup = (state: State, now: number): Step => {
  const { children } = state
  const from = groupStart(state)
  if (from === Infinity) return { state, actions: [] }
  const group = children.slice(from)
  if (group.some(({ phase }) => phase._tag === "Stopping")) return { state, actions: [] }
  const last = children.findLastIndex(({ phase }, index) => index >= from && phase._tag === "Running")
  if (last !== -1) {
    return {
      state: withChild(state, last, { phase: { _tag: "Stopping" } }),
      actions: [{ _tag: "Stop", child: last }]
    }
  }
  const dueAt = Math.max(...group.map(({ phase }) => (phase._tag === "Down" ? phase.dueAt : 0)))
  if (dueAt > now) return { state, actions: [{ _tag: "WakeAt", at: dueAt }] }
  // a child that had ended well starts again too: the group is as it was at the beginning
  const due = children.flatMap(({ restart }, child) => (child >= from && restart !== "temporary" ? [child] : []))
  const started = due.reduce((state, child) => withChild(state, child, { phase: running(now) }), state)
  return { state: started, actions: due.map((child) => ({ _tag: "Start", child })) }
}

const ended = (state: State, actions: ReadonlyArray<Action>): Step =>
  state.children.every(({ phase }) => phase._tag === "Ended")
    ? { state: { ...state, over: true }, actions: [...actions, { _tag: "Complete" }] }
    : { state, actions }
