/**
 * Where each document stands on the site: its name is its first heading, its address its path. A document that nobody names
 * here stands behind those of its folder, in alphabetical order.
 */
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..")

/** A document of the site. The README is its start page, and none of them. */
export interface Page {
  /** relative to the root, without `.md` */
  readonly path: string
  readonly name: string
  /** the heading in the navigation */
  readonly category: string
  /** the path of the page under which it stands, if it stands under one */
  readonly under: string | undefined
}

const guides = [
  "README",
  "getting-started",
  "your-first-stall",
  "services",
  "compute",
  "fairness",
  "layers",
  "supervision",
  "diagnostics",
  "command-line",
  "production",
  "bundling",
  "from-piscina",
  "from-effect-workers",
  "from-worker-threads"
]

const order = [
  ...guides.map((guide) => `docs/guides/${guide}`),
  ...["architecture", "guarantees", "threat-model", "benchmarks"].map((document) => `docs/${document}`)
]

/** The documents that describe a room lie in it, and are read from the architecture. */
const under = (path: string): string | undefined => {
  if (path.startsWith("packages/")) return "docs/architecture"
  const folder = dirname(path)
  return ["docs/decisions", "docs/measurements"].includes(folder) && path !== `${folder}/README`
    ? `${folder}/README`
    : undefined
}

const rank = (path: string): number => (order.includes(path) ? order.indexOf(path) : order.length)

const heading = (path: string): string => {
  const text = readFileSync(join(root, `${path}.md`), "utf8")
  const found = /^# (.+)$/m.exec(text)
  if (found === null) throw new Error(`${path}.md has no heading`)
  return found[1]!.replaceAll("`", "")
}

/** The README of a package is for its page on the registry, that of the first service for the folder into which it is written. */
const isPage = (path: string): boolean =>
  path.endsWith(".md") &&
  !/\/(dist|node_modules|fixtures)\//.test(path) &&
  !/^packages\/[^/]+\/[^/]+$/.test(path) &&
  !/^packages\/(examples|node\/template)\//.test(path)

/** All pages, in the order of the navigation. */
export const pages: ReadonlyArray<Page> = ["docs", "packages"]
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, String(file))))
  .filter(isPage)
  .map((file) => file.slice(0, -".md".length))
  .toSorted()
  .toSorted((one, other) => rank(one) - rank(other))
  .map((path) => ({
    path,
    name: heading(path),
    category: path.startsWith("docs/guides/") ? "Guides" : "How it is made",
    under: under(path)
  }))
