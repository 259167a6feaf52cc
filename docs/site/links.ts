/**
 * The links of a built site: those in its pages, those of its navigation, and those of its search. Each must lead to a file of
 * the site by a relative path, since the site may lie at any address, or in a folder without a server. A link to
 * another site must be an address; nobody is asked whether it answers.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { inflateSync } from "node:zlib"

/** A name that the search finds. */
export interface Row {
  readonly name: string
  readonly url: string
  /** the module that it belongs to, with all that it lies in */
  readonly parent?: string
}

interface Entry {
  readonly path?: string
  readonly children?: ReadonlyArray<Entry>
}

/** TypeDoc writes its data as a script, so that a page from a file may load it: JSON, deflated, in base64. */
const dataOf = (site: string, script: string): unknown => {
  const [, base64] = /"([^"]+)"/.exec(readFileSync(join(site, "assets", script), "utf8"))!
  return JSON.parse(inflateSync(Buffer.from(base64!, "base64")).toString())
}

export const searchRows = (site: string): ReadonlyArray<Row> =>
  (dataOf(site, "search.js") as { readonly rows: ReadonlyArray<Row> }).rows

const pathsOf = ({ children = [], path }: Entry): ReadonlyArray<string> => [
  ...(path === undefined ? [] : [path]),
  ...children.flatMap(pathsOf)
]

const navigationPaths = (site: string): ReadonlyArray<string> =>
  (dataOf(site, "navigation.js") as ReadonlyArray<Entry>).flatMap(pathsOf)

const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")

const attributes = (html: string, name: string): ReadonlyArray<string> =>
  Array.from(html.matchAll(/<[a-z][a-z0-9]*\s[^>]*>/gi), ([tag]) => tag).flatMap((tag) =>
    Array.from(tag.matchAll(new RegExp(`\\s${name}="([^"]*)"`, "g")), (match) => unescaped(match[1]!))
  )

interface Link {
  readonly page: string
  readonly link: string
}

/** Links that lead nowhere, each as a line. */
export const deadLinks = (site: string): ReadonlyArray<string> => {
  const pages = readdirSync(site, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".html"))
    .toSorted()
  const html = new Map(pages.map((page) => [page, readFileSync(join(site, page), "utf8")]))
  const drawings = new Map([["assets/icons.svg", readFileSync(join(site, "assets", "icons.svg"), "utf8")]])
  const anchors = new Map(Array.from([...html, ...drawings], ([file, text]) => [file, new Set(attributes(text, "id"))]))
  const links: ReadonlyArray<Link> = [
    ...Array.from(html).flatMap(([page, text]) =>
      [...attributes(text, "href"), ...attributes(text, "src")].map((link) => ({ page, link }))
    ),
    ...navigationPaths(site).map((link) => ({ page: "index.html", link })),
    ...searchRows(site).map(({ url }) => ({ page: "index.html", link: url }))
  ]
  const leads = ({ link, page }: Link): boolean => {
    if (/^(https?|mailto):/.test(link)) return URL.canParse(link)
    if (/^([a-z]+:|\/)/.test(link)) return false
    const [path, anchor] = link.split("#")
    const target = path === "" ? page : normalize(join(dirname(page), decodeURI(path!.split("?")[0]!)))
    const file = join(site, target)
    if (target.startsWith("..") || !existsSync(file) || !statSync(file).isFile()) return false
    return anchor === undefined || anchor === "" || anchors.get(target)?.has(decodeURIComponent(anchor)) === true
  }
  return Array.from(new Set(links.filter((link) => !leads(link)).map(({ link, page }) => `${page} links to ${link}`)))
}
