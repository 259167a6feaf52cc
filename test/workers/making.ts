/**
 * Makes the image of the built package in a folder, as a program does it some seconds after its start, in a process of its own: tests run
 * with a condition by which the packages are their sources.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

const entry = (name: string): URL => new URL(`../../packages/node/dist/entry/${name}.js`, import.meta.url)

const script = `const [maker, order] = process.argv.slice(1)
const worker = new (require("node:worker_threads").Worker)(maker, { workerData: JSON.parse(order) })
worker.once("message", (failure) => { if (failure !== null) throw new Error(failure) })`

export const makeImage = (folder: string): void => {
  mkdirSync(folder, { recursive: true })
  const [root, maker] = [entry("jobLoop"), entry("image")]
  const order = { folder, key: root.href, root: fileURLToPath(root), maker: fileURLToPath(maker) }
  execFileSync(process.execPath, ["--eval", script, fileURLToPath(maker), JSON.stringify(order)])
}
