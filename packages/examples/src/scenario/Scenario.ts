/**
 * A claim about architectures, and the program that reproduces it: the same small service once async only and once with Giveway, side by
 * side, and peers where the machine has them.
 *
 * **Invariant.** Every side runs in a process of its own, and the load generator in another one: no side is measured by a loop that it
 * holds.
 */
import type { Effect } from "effect"
import { Schema } from "effect"
import type { ChildProcessSpawner } from "effect/process"

/** Figures of one side, by name; the unit is a part of the name. `null`: there was nothing to measure. */
export type Figures = Readonly<Record<string, number | string | null>>

/** Points of a line, for a plot. */
export interface Line {
  readonly side: string
  readonly points: ReadonlyArray<readonly [x: number, y: number]>
}

/** A plot of the page of results. */
export interface Plot {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: ReadonlyArray<Line>
}

/** What was seen. */
export interface Seen {
  readonly asyncOnly: Figures
  readonly giveway: Figures
  /** a peer that is not on this machine says so in a word */
  readonly peers: Readonly<Record<string, Figures | string>>
  /** how many times better the Giveway side is, in the figure of the claim */
  readonly ratio: number
  readonly holds: boolean
  readonly plot?: Plot
}

/** `full`: as the page of results shows it. `short`: as a test runs it, in seconds; its bounds are generous. */
export type Form = "full" | "short"

/** A scenario could not be run. */
export class ScenarioFailed extends Schema.TaggedError<ScenarioFailed>()("ScenarioFailed", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

export interface Scenario {
  readonly name: string
  /** one sentence */
  readonly claim: string
  /** `tell` gets a line of text now and then */
  readonly run: (
    form: Form,
    tell: (text: string) => Effect.Effect<void>
  ) => Effect.Effect<Seen, ScenarioFailed, ChildProcessSpawner.ChildProcessSpawner>
}
