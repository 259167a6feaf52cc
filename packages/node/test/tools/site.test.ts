/**
 * The site that `npm run docs` builds: its pages, its links, and its search in a real browser, opened from files. With
 * `GIVEWAY_SCREENSHOTS=FOLDER` it leaves pictures of itself there.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, resolve } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { Browser, Page } from "playwright-core"
import { chromium } from "playwright-core"
import { deadLinks, searchRows } from "../../../../docs/site/links.ts"
import { pages } from "../../../../docs/site/pages.ts"
import { sourcesBelow } from "../../../../test/sources.ts"

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..")
const executablePath = process.env["GIVEWAY_CHROMIUM"] ?? "/usr/bin/chromium"

let site: string
let browser: Browser

// TypeScript reads both packages, and some 600 pages are written: half a minute where nothing else runs
beforeAll(async () => {
  site = mkdtempSync(join(tmpdir(), "giveway-site-"))
  execFileSync(process.execPath, ["docs/site/build.ts", "--out", site], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"]
  })
  if (!existsSync(executablePath))
    throw new Error(`these tests need Chromium at ${executablePath} (or GIVEWAY_CHROMIUM)`)
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--no-first-run"] })
}, 300_000)

afterAll(async () => {
  await browser?.close()
  rmSync(site, { recursive: true, force: true })
})

interface Seen {
  readonly width: number
  readonly colorScheme: "light" | "dark"
}

const withPage = async (
  path: string,
  { colorScheme, width }: Seen,
  use: (page: Page) => Promise<void>
): Promise<void> => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } })
  const errors: Array<string> = []
  // a page from a file may not refer to a drawing in another file; TypeDoc puts the icons into such a page by a script
  const note = (text: string) => /icons\.svg/.test(text) || errors.push(text)
  page.on("pageerror", (error) => note(error.message))
  page.on("console", (message) => message.type() === "error" && note(message.text()))
  page.on("requestfailed", (request) => note(request.url()))
  try {
    await page.goto(pathToFileURL(join(site, path)).href)
    await use(page)
    const folder = process.env["GIVEWAY_SCREENSHOTS"]
    if (folder !== undefined) {
      await page.screenshot({
        path: join(
          folder,
          `${page
            .url()
            .slice(`file://${site}/`.length)
            .replaceAll(/[^\w.]/g, "-")}-${width}-${colorScheme}.png`
        )
      })
    }
    assert.deepStrictEqual(errors, [])
  } finally {
    await page.close()
  }
}

const desk: Seen = { width: 1280, colorScheme: "light" }

describe("the site", () => {
  it("has a page for each document, and no dead link", () => {
    for (const { path } of pages) assert.isTrue(existsSync(join(site, `${path}.html`)), path)
    assert.deepStrictEqual(deadLinks(site), [])
  })

  it("finds each name that a package exports, types too, and has a page for it", () => {
    const rows = searchRows(site)
    const found = new Set(rows.map(({ name, parent }) => `${parent}/${name}`))
    const missing = ["core", "node"].flatMap((name) => {
      const index = readFileSync(join(root, "packages", name, "src", "index.ts"), "utf8")
      return sourcesBelow(`packages/${name}/src`)
        .filter(({ path }) => /\/src\/(testing\/)?[A-Z]\w*\.ts$/.test(path))
        .flatMap(({ exports, path }) => {
          const module = /(\w+)\.ts$/.exec(path)![1]!
          const isForTests = !index.includes(`/${module}.ts"`) && path.includes("/testing/")
          const home = `@giveway/${name}${isForTests ? "/testing" : ""}`
          const parent = `${home}${isForTests || index.includes(`/${module}.ts"`) ? "." : "/"}${module}`
          return exports.filter(({ name }) => name !== "*").map((exported) => `${parent}/${exported.name}`)
        })
    })
    assert.deepStrictEqual(
      missing.filter((name) => !found.has(name)),
      []
    )
    const specifiers = rows.filter(({ parent }) => parent === undefined).map(({ name }) => name)
    assert.includeMembers(specifiers, [
      "@giveway/core",
      "@giveway/node",
      "@giveway/node/register",
      "@giveway/node/unplugin"
    ])
  })

  it("asks no other site for anything", () => {
    for (const file of readdirSync(site, { recursive: true })
      .map(String)
      .filter((file) => file.endsWith(".html"))) {
      assert.notMatch(
        readFileSync(join(site, file), "utf8"),
        /<(script|img|iframe|link)[^>]+(src|href)="(https?:)?\/\//,
        file
      )
    }
  })
})

describe("the site in a browser", () => {
  it("begins with the README and its picture", () =>
    withPage("index.html", desk, async (page) => {
      await page.locator("h1", { hasText: "Giveway" }).first().waitFor()
      const picture = page.locator(".tsd-panel img").first()
      assert.isAbove(await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth), 0)
      await page.getByRole("link", { name: "Getting started" }).first().waitFor()
    }))

  it("finds Compute.run, and shows its docstring", () =>
    withPage("index.html", desk, async (page) => {
      await page.locator("#tsd-search-trigger").click()
      await page.locator("#tsd-search-input").fill("Compute.run")
      const first = page.locator("#tsd-search-results li a").first()
      await first.waitFor()
      assert.include(await first.textContent(), "Compute.run")
      await first.click()
      await page.waitForURL(/core\/Compute\/run\.html/)
      await page.locator("h1", { hasText: "run" }).waitFor()
      await page.getByText("Runs one job of a task").first().waitFor()
    }))

  it.each(
    [
      ["index.html"],
      ["core/Compute/run.html"],
      ["docs/guides/getting-started.html"],
      ["docs/benchmarks.html"],
      ["core.html"]
    ].flatMap(([path]) => (["light", "dark"] as const).map((colorScheme) => [path!, colorScheme] as const))
  )("fits on a phone: %s, %s", (path, colorScheme) =>
    withPage(path, { width: 390, colorScheme }, async (page) => {
      await page.locator("h1").first().waitFor()
      const width = await page
        .locator("html")
        .evaluate((html) => (html as unknown as { scrollWidth: number }).scrollWidth)
      assert.isAtMost(width, 390)
    })
  )
})
