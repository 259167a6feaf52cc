/**
 * Whose code a stack shows: the program's, a dependency's, or the loading of modules.
 *
 * A stack is read from its outermost frame inwards. The first code that belongs to somebody decides, since it called the rest:
 * a function of the program that calls a dependency is the program's; a module that is evaluated is the loader's, whatever
 * function it calls; a `require` in a function of the program is the program's again. The first frame of a fiber is where a
 * program begins: `Effect.runPromise` at the top of a module runs the program, and does not load it.
 *
 * **Invariant.** No clock decides: a test of 300 ms is judged like a service that has run for a day.
 *
 * Decision 0103.
 */
import * as Sysmon from "@giveway/core/Sysmon"

/** - `nobody`: only the runtime's code was seen. */
type Owner = "program" | "dependency" | "loading" | "nobody"

export interface Owned {
  readonly owner: Owner
  /** the innermost frame of the owner */
  readonly frame: Sysmon.Frame | undefined
}

/** Folders of code that comes from a registry, or that runs it. */
const installed = /[\\/](?:node_modules|\.yarn|corepack)[\\/]/

/** Effect and Giveway, which the program's code stands on, like Node. */
const ground = /[\\/]node_modules[\\/](?:effect|@effect[\\/]platform-node(?:-shared)?|@giveway[\\/](?:core|node))[\\/]/

const isFiber = ({ function: name }: Sysmon.Frame): boolean => /^FiberImpl\.(?:runLoop|evaluate)$/.test(name ?? "")

const nodesLoader = /^node:internal\/(?:modules|main)\//

/** The functions with which tools evaluate a module: of Vite, Vitest and vite-node, Jest, and CommonJS loaders. */
const evaluators =
  /(?:^|\.)_*(?:runInlinedModule|runExternalModule|runModule|runViteModule|directRequest|cachedRequest|execModule|loadModule|requireModule|requireModuleOrMock|loadCjsModule|evaluateModule|compile|__webpack_require__)$/

const loads = ({ file, function: name }: Sysmon.Frame): boolean =>
  nodesLoader.test(file) || (installed.test(file) && evaluators.test(name ?? ""))

/** The owner of the code that ran. */
export const ownerOf = (stack: string, { own }: Sysmon.Surroundings): Owned => {
  const running = Sysmon.frames(stack).filter(({ isAsync }) => !isAsync)
  const outermost = running.findLastIndex(isFiber)
  const inFiber = outermost === -1 ? running : running.slice(0, outermost)
  const isGround = ({ file }: Sysmon.Frame): boolean =>
    file.startsWith("evalmachine") || ground.test(file) || own.some((folder) => file.startsWith(folder))
  const frames = inFiber.filter((frame) => !isGround(frame))
  const foreign = frames.filter(({ file }) => !file.startsWith("node:"))
  const isProgram = ({ file }: Sysmon.Frame): boolean => !file.startsWith("node:") && !installed.test(file)
  const caller = frames.findLast((frame) => loads(frame) || isProgram(frame))
  if (caller === undefined) {
    return foreign.length === 0 ? { owner: "nobody", frame: undefined } : { owner: "dependency", frame: foreign[0] }
  }
  const frame = frames.find(isProgram) ?? foreign[0]
  return { owner: loads(caller) ? "loading" : "program", frame }
}
