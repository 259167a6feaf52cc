/**
 * The page for everybody: in each of its views axe finds nothing, in both themes, on a phone and on a wide screen; it is used by keyboard
 * alone; a screen reader hears of what happens, and of nothing else.
 */
import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, BrowserContext, Page } from "playwright-core"
import type { Served } from "../served.ts"
import { withServed } from "../served.ts"
import { launch } from "./browser.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

const token = "a-token-of-the-test"

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

const withPage = (use: (page: Page, served: Served, context: BrowserContext) => Promise<void>): Promise<void> =>
  withServed({ port: 0, token }, async (served) => {
    const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 900 } })
    try {
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${served.port}/?token=${token}`)
      await page.getByText("The loop turns").waitFor()
      await page.locator("#fibers .row").first().waitFor()
      await use(page, served, context)
    } finally {
      await context.close()
    }
  })

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: ReadonlyArray<{ readonly html: string; readonly failureSummary?: string }>
}

/** 640 pixels are a screen of 1280 at a zoom of 200 %. */
const looks = [
  ["light", 360],
  ["dark", 360],
  ["dark", 640],
  ["dark", 1280],
  ["light", 1280],
  ["light", 1920]
] as const

/** What axe finds, in both themes and at all widths; and whether the page is wider than its window. */
const faultsOf = async (page: Page): Promise<ReadonlyArray<string>> => {
  const faults: Array<string> = []
  await page.evaluate(axe)
  for (const [colorScheme, width] of looks) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
    await page.setViewportSize({ width, height: 900 })
    const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
      readonly violations: ReadonlyArray<Violation>
    }
    for (const { help, id, nodes } of violations) {
      const [first] = nodes
      faults.push(`${colorScheme} ${width}: ${id}, ${help}: ${nodes.length} × ${first?.html}\n${first?.failureSummary}`)
    }
    const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if (Number(over) > 0) faults.push(`${colorScheme} ${width}: ${over} pixels wider than the window`)
  }
  await page.emulateMedia({ colorScheme: "light" })
  await page.setViewportSize({ width: 1280, height: 900 })
  return faults
}

const nameOfFocus = (page: Page): Promise<string> =>
  page.evaluate("(({ activeElement: one }) => one.id || (one.closest('[id]')?.id ?? ''))(document)") as Promise<string>

describe("the page for everybody", { timeout: 120_000 }, () => {
  it("has no fault that axe finds, at rest, held, with a stall opened, after it, and when nothing comes", () =>
    withPage(async (page, served) => {
      const lints = [{ lint: "self-waking", message: "`poll` #3 gave way 4000 times", fix: "wait for it" }]
      await page.route("**/lints", (route) => route.fulfill({ json: { lints } }))
      await page.locator("#lints li").first().waitFor()
      await page.locator("#timeline-table summary").click()
      assert.deepStrictEqual(await faultsOf(page), [])
      await served.hold("native")
      await page.getByText("The loop has been held for").waitFor()
      await page.getByText("The loop turns").waitFor()
      await page.locator("#stalls button").first().click()
      await page.locator("dialog[open] summary").click()
      assert.deepStrictEqual(await faultsOf(page), [])
      await page.keyboard.press("Escape")
      await served.hold("loop")
      await page.getByText("The loop has been held for").waitFor()
      await page.locator("#fibers .row.hog").waitFor()
      assert.deepStrictEqual(await faultsOf(page), [])
      await page.locator("#loop-open").click()
      assert.deepStrictEqual(await faultsOf(page), [])
      await page.keyboard.press("Escape")
      served.child.kill("SIGKILL")
      await page.getByText("The process does not respond").first().waitFor()
      assert.deepStrictEqual(await faultsOf(page), [])
    }))

  it("is reached by the tab key, in the order of reading, and news take no focus away", () =>
    withPage(async (page, served) => {
      await served.hold("loop")
      await page.locator("#stalls button.open").waitFor()
      const seen: Array<string> = []
      for (let presses = 0; presses < 40; presses++) {
        await page.keyboard.press("Tab")
        const isOnPage = await page.evaluate("document.activeElement !== document.body")
        if (isOnPage !== true) break
        const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        const name = await nameOfFocus(page)
        assert.strictEqual(outline, "solid", `${name} shows no focus`)
        if (seen.at(-1) !== name) seen.push(name)
      }
      const order = [
        "pause",
        "theme",
        "loop-open",
        "loop-copy",
        "timeline-table",
        "stalls",
        "filter",
        "fibers",
        "flame",
        "keys"
      ]
      assert.deepStrictEqual(
        seen.filter((name) => order.includes(name)),
        order
      )
      // the tree: the arrow keys go on, fold and unfold
      await page.locator("#fibers [role=treeitem][tabindex='0']").focus()
      await page.keyboard.press("Home")
      for (const [key, isUnfolded] of [
        ["ArrowLeft", false],
        ["ArrowRight", true]
      ] as const) {
        await page.keyboard.press(key)
        await page.locator(`#fibers [role=treeitem]:focus[aria-expanded=${isUnfolded}]`).waitFor()
      }
      await page.keyboard.press("ArrowDown")
      const key = await page.evaluate("document.activeElement.dataset.key")
      const state = await page.locator("#loop-state").textContent()
      // news came
      await page.locator("#loop-state").filter({ hasNotText: state! }).waitFor()
      assert.strictEqual(await page.evaluate("document.activeElement.dataset.key"), key)
    }))

  it("tells a screen reader what happens, and not how the time goes on", () =>
    withPage(async (page, served) => {
      await page.evaluate(`
        globalThis.words = []
        new MutationObserver(() => words.push(document.getElementById("said").textContent)).observe(
          document.getElementById("said"), { childList: true, characterData: true, subtree: true })
      `)
      await served.hold("loop")
      await page.getByText("The event loop is held by checkout").waitFor()
      await page.getByText("The loop has been held for 12").waitFor()
      const words = (await page.evaluate("words")) as ReadonlyArray<string>
      // the holder, and then the line once a stack has been seen; a busy machine may have had a stall of its own before
      assert.isAtMost(words.length, 4, words.join("\n"))
      assert.isTrue(
        words.some((text) => /held by checkout, fiber #\d+, at \S+served\.ts:\d+/.test(text)),
        words.join("\n")
      )
      assert.strictEqual(await page.locator("[aria-live], [role=status], [role=alert]").count(), 1)
    }))

  it("copies a stall as text, without the token", () =>
    withPage(async (page, served, context) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"])
      await served.hold("loop")
      await page.locator("#stalls button.open", { hasText: "served.ts" }).first().waitFor()
      await page.keyboard.press("c")
      await page.getByRole("button", { name: "copied" }).waitFor()
      const text = String(await page.evaluate("navigator.clipboard.readText()"))
      for (const part of [
        /checkout has held the event loop for/,
        /culprit +checkout, fiber #\d+/,
        /at +\S*served\.ts:\d+ in .*holdForEver/,
        /versions +giveway \d+\.\d+\.\d+, node v\d+/,
        / {4}at .*holdForEver.* \(\S*served\.ts:\d+:\d+\)/
      ]) {
        assert.match(text, part)
      }
      assert.notInclude(text, token)
      // where the browser gives no clipboard to a page
      await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
      await page.locator("#loop-open").click()
      await page.locator("#details-copy").click()
      await page.locator("#details-copy", { hasText: "copied" }).waitFor()
    }))

  it("keeps the theme that the reader chose, and follows the system again", () =>
    withPage(async (page) => {
      const theme = (): Promise<unknown> => page.evaluate("document.documentElement.dataset.theme ?? 'system'")
      assert.strictEqual(await theme(), "system")
      await page.getByRole("button", { name: "theme" }).click()
      assert.strictEqual(await theme(), "dark")
      await page.reload()
      assert.strictEqual(await theme(), "dark")
      await page.getByRole("button", { name: "theme" }).click()
      assert.strictEqual(await theme(), "system")
      await page.locator("#keys").uncheck()
      await page.locator("#keys").blur()
      await page.keyboard.press("t")
      assert.strictEqual(await theme(), "system")
    }))

  it("reads 100,000 fibers when asked, in a worker, and shows some", () =>
    withPage(async (page, served) => {
      served.child.stdin.write("many\n")
      await page.getByText(/100,\d+ fibers: to read them takes/).waitFor({ timeout: 60_000 })
      await page.getByRole("button", { name: "read the fibers now" }).click()
      await page
        .locator("#fibers .row", { hasText: /and [\d,]+ fibers more like them/ })
        .first()
        .waitFor({ timeout: 60_000 })
      assert.isAtMost(await page.locator("#fibers .row").count(), 400)
      await page.locator("#filter").fill("no such fiber")
      await page.locator("#fibers .row").first().waitFor({ state: "detached" })
    }))

  it("says that its token is not right, and how to mend that, while it is open and when it is opened", () =>
    withPage(async (page, served, context) => {
      await context.clearCookies()
      for (const query of ["", "?token=another-token-of-the-test"]) {
        await page.goto(`http://127.0.0.1:${served.port}/${query}`)
        await page.getByText("open /?token=TOKEN in a browser").waitFor()
        assert.deepStrictEqual(await faultsOf(page), [])
      }
      await page.goto(`http://127.0.0.1:${served.port}/?token=${token}`)
      await page.route("**/events", (route) => route.fulfill({ status: 401, json: { error: "the token is wrong" } }))
      await page.reload()
      await page.getByText("The process refuses to send: the token is wrong").first().waitFor()
      await page.getByText("open /?token=TOKEN").waitFor()
      assert.deepStrictEqual(await faultsOf(page), [])
    }))
})
