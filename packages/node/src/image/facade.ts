/**
 * The worker's side of an image: a module that is in it is never loaded from its file. It becomes a module of names, whose values are
 * those of the image.
 *
 * **Invariant.** There is one instance of each module in a worker: the hook stands before anything but Node has loaded a module.
 *
 * Decision 0171.
 */
import { createRequire, registerHooks } from "node:module"
import { fileURLToPath } from "node:url"
import type { Fit } from "./manifest.ts"

interface Near {
  readonly get: (number: number) => Readonly<Record<string, unknown>>
  /** the numbers of modules, by URL */
  readonly near: Readonly<Record<string, number>>
  readonly far: Readonly<Record<string, number>>
}

/** The module in the place of one of the image. Names may be words of the language, so each gets another one here. */
const textOf = (near: string, number: number, names: ReadonlyArray<string>): string => {
  const locals = names.map((name, index) => `${JSON.stringify(name)}:$${index}`).join(",")
  const exports = names.map((name, index) => `$${index} as ${JSON.stringify(name)}`).join(",")
  return `import{get}from${JSON.stringify(near)};const{${locals}}=get(${number});export{${exports}}`
}

/** Begins the worker with the image. `false` if it cannot be read any more; then nothing was done. */
export const begin = async ({ far, near, root }: Fit): Promise<boolean> => {
  let image: Near
  try {
    image = (await import(near)) as Near
  } catch {
    return false
  }
  const require = createRequire(near)
  registerHooks({
    load: (url, context, next) => {
      let number = image.near[url]
      if (number === undefined) {
        number = image.far[url]
        if (number === undefined) return next(url, context)
        require(fileURLToPath(far))
      }
      return { format: "module", shortCircuit: true, source: textOf(near, number, Object.keys(image.get(number))) }
    }
  })
  await image.get(image.near[root]!)
  return true
}
