/**
 * The image that this process starts its workers with. It is looked for once, before the first worker: later workers shall have the
 * modules that the program itself has loaded, also if somebody installs others meanwhile.
 *
 * Where there is none, or none that is fit, workers load files. Some seconds later, beside a program that is still there, a thread of the
 * lowest priority makes the image for the workers to come. A program that ends before has spent nothing.
 *
 * There is none for a program that preloads modules of its own: they would load Effect before the image's hook stands. Nor where
 * options lead to other modules than usual.
 *
 * Rejected: to make it before the first worker (half a second in each short program); at the installation of the package (npm runs such
 * scripts as root, in an order in which Effect may be missing).
 *
 * Decision 0172.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import * as codeCache from "../folders/codeCache.ts"
import * as standardError from "../output/standardError.ts"
import * as execArgv from "../thread/execArgv.ts"
import * as ownFiles from "../thread/ownFiles.ts"
import type { Fit, Found } from "./manifest.ts"
import * as manifest from "./manifest.ts"

const root = ownFiles.url("entry/jobLoop")
const maker = ownFiles.url("entry/image")

/** What the thread that makes an image is started with. */
export interface Order {
  readonly folder: string
  readonly key: string
  readonly root: string
  readonly maker: string
}

/** After the first worker, ms: what starts a program is over, and a short program has ended. A guess. */
const laterMs = 3000

/** New objects and old ones of the thread that makes an image, MiB: it holds the trees of some 270 modules. */
const heapMb = 512

let found: Found | undefined
let isOrdered = false

const lead = (): Found => {
  const none: Found = { _tag: "None" }
  // sources run as they are
  if (root.pathname.endsWith(".ts") || execArgv.changesLoading(process)) return none
  const folder = codeCache.folder()
  if (folder === undefined) return none
  const key = root.href
  const result = manifest.find(folder, key)
  if (result._tag === "Fit") return result
  if (result._tag === "Unfit") {
    standardError.print(`giveway: the image of the workers' modules is not used: ${result.reason}. It is made again`)
  }
  orderLater({ folder, key, root: fileURLToPath(root), maker: fileURLToPath(maker) })
  return result
}

const mayMake = (folder: string): boolean =>
  process.permission === undefined || (process.permission.has("fs.write", folder) && process.permission.has("addon"))

const orderLater = (order: Order): void => {
  if (isOrdered || !mayMake(order.folder)) return
  isOrdered = true
  setTimeout(() => make(order), laterMs).unref()
}

const make = (order: Order): void => {
  try {
    const thread = new Worker(maker, {
      ...execArgv.bare(process, false),
      name: "giveway-image",
      workerData: order,
      resourceLimits: { maxOldGenerationSizeMb: heapMb }
    })
    thread.on("message", (failure: string | null) => {
      if (failure === null) found = undefined
      else
        standardError.print(`giveway: workers load their modules one by one, since there can be no image: ${failure}`)
    })
    thread.on("error", () => {})
    thread.unref()
  } catch {
    // the limit of threads is reached: workers go on as they do
  }
}

/** The image; `undefined` if workers load files. */
export const current = (): Fit | undefined => {
  found ??= lead()
  if (found._tag !== "Fit") return undefined
  // somebody may have emptied the cache
  return found.files.every((file) => existsSync(file)) ? found.image : undefined
}
