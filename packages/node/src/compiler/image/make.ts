/**
 * Makes the image of the modules that the workers of this installation load.
 *
 * Decision 0171.
 */
import { createRequire } from "node:module"
import { realpathSync } from "node:fs"
import { pathToFileURL } from "node:url"
import { sha256 } from "../../folders/seal.ts"
import * as manifest from "../../image/manifest.ts"
import type { Part } from "./join.ts"
import { join } from "./join.ts"
import * as modules from "./modules.ts"
import { mapOf } from "./sourceMap.ts"

/** What nearly all tasks import beside the worker's own modules. */
const narrow = [
  "@giveway/core/Task",
  "@giveway/core/Steppable",
  "@giveway/core/YieldPoint",
  "effect/Effect",
  "effect/Schema"
]

/** What others import. All of both packages is in it: a barrel in a task is then no more than its names. */
const usual = ["effect", "@giveway/core"]

/**
 * Makes and keeps the image. `root`: the file that a worker begins with; `maker`: the file of the code that makes images, with which they
 * are outdated too. Throws if there can be none, or if it cannot be written.
 */
export const make = (folder: string, key: string, root: string, maker: string): void => {
  const first = realpathSync(root)
  const require = createRequire(first)
  const filesOf = (names: ReadonlyArray<string>) => names.map((name) => realpathSync(require.resolve(name)))
  const begun = [first, ...filesOf(narrow)]
  const all = modules.below([...begun, ...filesOf(usual)])
  const numberOf = (file: string): number => all.findIndex((each) => each.file === file)
  const image = join(all, numberOf(first), begun.map(numberOf))
  const inputs = [...all.map(({ file }) => file), maker].map(manifest.inputOf)
  const changed = all.find((module, number) => sha256(module.text) !== inputs[number]!.sha256)
  if (changed !== undefined) throw new modules.NoImage(`${changed.file} has changed while an image was made`)
  const keep = ({ lines, text }: Part): string => manifest.keepPart(folder, text, mapOf(all, lines))
  const near = keep(image.near)
  const far = keep(image.far(`./${near}.mjs`))
  manifest.keep(folder, key, { near, far, root: pathToFileURL(first).href, inputs })
}
