/**
 * A worker of workerpool's pool.
 */
import workerpool from "workerpool"
import { functions } from "./jobs.ts"

workerpool.worker(functions)
