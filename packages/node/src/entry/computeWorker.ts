/**
 * Where a compute worker starts. It only makes the rest load faster: with V8's compile cache, kept by Node on disk, a
 * worker boots in about two thirds of the time. The cache must be on before anything else is loaded, hence the dynamic
 * import.
 *
 * The folder is one that only this user can write to (`folders/codeCache.ts`). If the program has turned the cache on by itself
 * (`NODE_COMPILE_CACHE`), its own folder stays in use.
 *
 * Decisions 0025, 0117.
 */
import * as module from "node:module"
import * as workerData from "../wire/workerData.ts"

const { codeCache } = workerData.take()
if (codeCache !== undefined) module.enableCompileCache(codeCache)
await import("./jobLoop.ts")
