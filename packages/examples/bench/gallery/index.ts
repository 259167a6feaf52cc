/**
 * All bugs of the gallery: more than forty after kernels of real Go programs, sixteen after races of real Node.js programs, and the ones that
 * every course has.
 */
import type { Bug } from "./bug.ts"
import { classic } from "./classic.ts"
import { goker } from "./goker.ts"
import { gokerChannels } from "./gokerChannels.ts"
import { gokerLocks } from "./gokerLocks.ts"
import { nodeRaces } from "./nodeRaces.ts"

export const bugs: ReadonlyArray<Bug> = [...classic, ...goker, ...gokerLocks, ...gokerChannels, ...nodeRaces]
