/**
 * A worker of poolifier's pool.
 */
import { ThreadWorker } from "poolifier"
import type { TaskFunctions } from "poolifier"
import { functions } from "./jobs.ts"

export default new ThreadWorker(functions as unknown as TaskFunctions)
