/**
 * Where a compute worker starts. It only makes the rest load faster: from an image of the modules, if there is one, and with V8's
 * compile cache, kept by Node on disk. The cache must be on before anything else is loaded, hence the dynamic imports.
 *
 * The folder is one that only this user can write to (`folders/codeCache.ts`). If the program has turned the cache on by itself
 * (`NODE_COMPILE_CACHE`), its own folder stays in use.
 *
 * **Invariant.** It imports no module that the image holds, too: there would be two instances.
 *
 * Decisions 0025, 0117, 0171.
 */
import * as module from "node:module"
import { workerData } from "node:worker_threads"
import * as facade from "../image/facade.ts"
import type { ComputeWorkerData } from "../wire/workerData.ts"

const { codeCache, image } = workerData as ComputeWorkerData
if (codeCache !== undefined) module.enableCompileCache(codeCache)
if (image === undefined || !(await facade.begin(image))) await import("./jobLoop.ts")
