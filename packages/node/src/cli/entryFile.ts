/**
 * The mistakes of a first program, each in a sentence, before Node tells them in a stack: a file that is not there, an ES module in a
 * package that says CommonJS (`npm init -y` of npm 11 writes that), TypeScript on a Node that does not strip types, JSX.
 *
 * A loader in the options of Node may know more than Node, so then only the file must be there.
 */
import { readFileSync, statSync } from "node:fs"
import * as module from "node:module"
import { pathToFileURL } from "node:url"
import { relative, resolve } from "node:path"
import { decode } from "../compiler/host/input.ts"
import { isModule } from "../compiler/read/parse.ts"

/** The path of the nearest `package.json`, if it says that its `.js` and `.ts` files are CommonJS. */
const commonJsManifest = (file: string): string | undefined => {
  try {
    const manifest = module.findPackageJSON(pathToFileURL(resolve(file)))
    if (manifest === undefined) return undefined
    const { type } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly type?: unknown }
    return type === "commonjs" ? relative(process.cwd(), manifest) : undefined
  } catch {
    // Node says it better
    return undefined
  }
}

const hasModuleSyntax = (file: string): boolean => {
  try {
    const source = decode(readFileSync(file))
    return source !== undefined && isModule(source, file)
  } catch {
    return false
  }
}

/** Whether Node is started with code that may load files in another way. */
const hasLoader = (options: string): boolean =>
  /(^|\s)--(import|require|r|loader|experimental-loader)\b|(^|\s)-r\b/.test(options)

/** What keeps Node from running this file, with the fix; `undefined` if nothing is known. */
export const objectionTo = (
  file: string,
  nodeOptions = process.env["NODE_OPTIONS"] ?? "",
  stripsTypes = process.features.typescript !== false
): string | undefined => {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) return `there is no file ${file}: name the program's main module, such as src/main.ts`
  if (found.isDirectory()) return `${file} is a folder: name the program's main module in it, such as ${file}/main.ts`
  if (hasLoader(nodeOptions)) return undefined
  if (/\.[jt]sx$/.test(file)) return `${file} may have JSX, which Node does not run: build it first, or rename it`
  if (/\.[cm]?ts$/.test(file) && !stripsTypes) {
    return `${file} is TypeScript, and Node does not strip types here: take --no-experimental-strip-types out of NODE_OPTIONS, or build the file first`
  }
  if (!/\.[jt]s$/.test(file)) return undefined
  const manifest = commonJsManifest(file)
  return manifest !== undefined && hasModuleSyntax(file)
    ? `${file} is an ES module, but ${manifest} says "type": "commonjs": run npm pkg set type=module`
    : undefined
}
