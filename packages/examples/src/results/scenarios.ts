/**
 * All scenarios, in the order of the page of results.
 */
import { blockedLoop } from "../blocked-loop/scenario.ts"
import { burst } from "../burst/scenario.ts"
import { cliff } from "../cliff/scenario.ts"
import { roundabout } from "../roundabout/scenario.ts"
import { tightLoop } from "../tight-loop/scenario.ts"
import type { Scenario } from "../scenario/Scenario.ts"

export const scenarios: ReadonlyArray<Scenario> = [roundabout, burst, cliff, tightLoop, blockedLoop]
