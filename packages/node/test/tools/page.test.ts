/**
 * The page in a real browser. `pictures.ts` makes pictures of it.
 */
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { Browser, Page } from "playwright-core"
import type { Served } from "../served.ts"
import { withServed } from "../served.ts"
import { launch } from "./browser.ts"

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})

afterAll(() => browser?.close())

const withPage = (colorScheme: "light" | "dark", use: (page: Page, served: Served) => Promise<void>): Promise<void> =>
  withServed({ port: 0 }, async (served) => {
    const page = await browser.newPage({ colorScheme, viewport: { width: 1280, height: 900 } })
    const errors: Array<string> = []
    page.on("pageerror", (error) => errors.push(error.message))
    page.on("console", (message) => {
      // a process that ends leaves its connections unfinished
      if (message.type() === "error" && !/net::ERR_|the server responded with a status of 503/.test(message.text())) {
        errors.push(message.text())
      }
    })
    try {
      await page.goto(`http://127.0.0.1:${served.port}/`)
      await page.getByText("The loop turns").waitFor()
      await use(page, served)
      assert.deepStrictEqual(errors, [])
    } finally {
      await page.close()
    }
  })

/** Waits until the page's first answer has the fact. */
const fact = (page: Page, term: string, text: RegExp): Promise<void> =>
  page.locator(`#loop-facts [data-term=${term}] dd`, { hasText: text }).waitFor()

/** Whether anything is drawn. */
const isDrawn = (page: Page, selector: string): Promise<boolean> =>
  page.locator(selector).evaluate((element) => {
    const canvas = element as unknown as {
      readonly width: number
      readonly height: number
      readonly getContext: (kind: "2d") => {
        readonly getImageData: (x: number, y: number, w: number, h: number) => { readonly data: Uint8ClampedArray }
      }
    }
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    return data.some((value) => value !== 0)
  })

describe("the page", { timeout: 90_000 }, () => {
  it("shows the loop, its names, its fibers and its pool", () =>
    withPage("light", async (page) => {
      await page.locator("#names td.name", { hasText: "customers" }).waitFor()
      await page.locator("#fibers .row", { hasText: "customers" }).first().waitFor()
      await page.locator("#flame button", { hasText: "customers" }).waitFor()
      await page.locator("#lanes .lane", { hasText: "resize" }).first().waitFor()
      assert.isTrue(await isDrawn(page, "#timeline"))
      assert.isTrue(await isDrawn(page, "#lanes .lane canvas >> nth=0"))
    }))

  it("shows what lints find", () =>
    withPage("light", async (page) => {
      // a service that starts on a crowded machine may have some of its own
      await page.route("**/lints", (route) => route.fulfill({ json: { lints: [] } }))
      await page.locator("#lints-section").waitFor({ state: "hidden" })
      const lints = [{ lint: "self-waking", fibers: [3], message: "`poll` #3 gave way 4000 times", fix: "wait for it" }]
      await page.route("**/lints", (route) => route.fulfill({ json: { lints } }))
      await page.locator("#lints li", { hasText: "self-waking" }).waitFor()
      assert.include(await page.locator("#lints li .fix").textContent(), "wait for it")
    }))

  it("shows a job that holds its worker, also while the main thread is stuck", () =>
    withPage("light", async (page, served) => {
      served.child.stdin.write("worker\n")
      await page.locator("#lanes .held", { hasText: "no yield point for" }).waitFor()
      await page.locator("#fibers .row.job", { hasText: "crunch" }).waitFor()
      await served.hold("loop")
      const held = page.locator("#lanes .held:not(:empty)")
      const before = await held.textContent()
      await page.waitForTimeout(2000)
      assert.notStrictEqual(await held.textContent(), before)
    }))

  it("is used by keyboard: filter, pause, theme", () =>
    withPage("light", async (page) => {
      await page.locator("#fibers .row", { hasText: "customers" }).first().waitFor()
      await page.keyboard.press("/")
      await page.keyboard.type("thumb")
      await page.locator("#fibers .row", { hasText: "customers" }).first().waitFor({ state: "detached" })
      assert.isAtLeast(await page.locator("#fibers .row", { hasText: "thumbnails" }).count(), 1)
      await page.keyboard.press("Escape")
      const ground = (): Promise<string> =>
        page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor)
      const light = await ground()
      await page.keyboard.press("t")
      assert.notStrictEqual(await ground(), light)
      await page.keyboard.press("p")
      await page.getByRole("button", { name: "resume" }).waitFor()
      const facts = await page.locator("#process").textContent()
      await page.waitForTimeout(1200)
      assert.strictEqual(await page.locator("#process").textContent(), facts)
    }))

  it("goes on while the loop is stuck, says who holds it, and opens the stall with its stack", () =>
    withPage("dark", async (page, served) => {
      await page.locator("#fibers .row").first().waitFor()
      await served.hold("loop")
      await page.getByText(/The loop has been held for/).waitFor()
      const before = await page.locator("#loop-state").textContent()
      await fact(page, "at", /served\.ts:\d+ in .*holdForEver/)
      await fact(page, "by", /^checkout, fiber #\d+$/)
      await fact(page, "since", /^\d\d:\d\d:\d\d$/)
      await fact(page, "cause", /^slice: a fiber computes on and on$/)
      // the customers sleep for 10 ms
      await fact(page, "waiting", /^2\d fibers: .*\d+ with an overdue timer; up to \d+.* \(customers ×\d+/)
      await page.locator("#names tr.hog", { hasText: "checkout" }).waitFor()
      await page.locator("#fibers .row.hog", { hasText: "checkout" }).waitFor()
      assert.notStrictEqual(await page.locator("#loop-state").textContent(), before)
      await page.keyboard.press("j")
      await page.keyboard.press("Enter")
      await page.locator("dialog pre", { hasText: "holdForEver" }).first().waitFor()
      await page.keyboard.press("Escape")
      await page.locator("dialog[open]").waitFor({ state: "detached" })
    }))

  it("shows names as text, whatever they hold", () =>
    withPage("light", async (page) => {
      const markup = `</script><script>document.title = "taken"</script><img src=x onerror="document.title = 'taken'">`
      const turned = "\u202egnihton\u202c\u{1b}[31m\u0000\r\nsecond line"
      const hebrew = "\u05e9\u05dc\u05d5\u05dd"
      const names = [markup, turned, hebrew, "__proto__", "constructor", "", "a".repeat(100_000), "\ud800"]
      const fiber = { state: "waiting", since: 0, selfMs: 5, slices: 1, awaits: { kind: markup, detail: turned } }
      const fibers = names.map((name, index) => ({ ...fiber, id: index + 1, parentId: index || undefined, name }))
      await page.route("**/lints", (route) =>
        route.fulfill({ json: { lints: names.map((name) => ({ lint: name, message: name, fix: name })) } })
      )
      await page.route("**/fibers", (route) =>
        route.fulfill({ json: { loop: { state: "turning" }, fibers: { takenAt: 10, fibers } } })
      )
      // each overview is the process's own, with the names of one that is not so well
      await page.addInitScript((names: ReadonlyArray<string>) => {
        const { parse } = JSON
        JSON.parse = (text) => {
          const overview = parse(text)
          const by = {
            cause: names[0],
            fiberId: 1,
            name: names[0],
            place: { file: names[1], line: 1, function: names[0] }
          }
          const stack = `Error\n    at ${names[0]} (${names[1]})`
          overview.loop = { ...overview.loop, state: "held", heldMs: 5, since: overview.at, by: { ...by, stack } }
          overview.open = [{ key: "a", startedAt: overview.at, ageMs: 5, by: { ...by, stack } }]
          overview.usage = names.map((name) => ({ ...overview.usage[0], name }))
          overview.process.program = names[0]
          overview.working = []
          overview.pool = {
            ...overview.pool,
            lanes: names.map((task, worker) => ({ worker, phase: "busy", task, forMs: 5, ahead: 0 }))
          }
          return overview
        }
      }, names)
      await page.reload()
      await page.locator("#names td.name", { hasText: "<script>" }).waitFor()
      await page.locator("#fibers .row", { hasText: "<img" }).first().waitFor()
      await page.locator("#flame button", { hasText: "<img" }).first().waitFor()
      await page.locator("#lanes .what", { hasText: "<img" }).first().waitFor()
      await page.locator("#lints li", { hasText: "<script>" }).first().waitFor()
      await page.keyboard.press("j")
      await page.keyboard.press("Enter")
      await page.locator("dialog[open] h2", { hasText: "<script>" }).waitFor()
      const text = await page.locator("html").evaluate((html) => {
        const { innerText } = html as unknown as { readonly innerText: string }
        return `${document.title} ${innerText}`
      })
      assert.include(text, hebrew)
      assert.include(text, "second line")
      assert.notMatch(text, /[^\P{C}\n\t]/u)
      assert.strictEqual(await page.locator("img, main script, dialog script, iframe").count(), 0)
      assert.notStrictEqual(await page.title(), "taken")
    }))

  it("can be opened by a link of another site, which reads nothing and shows nothing of it", () =>
    withPage("light", async (_, served) => {
      const own = `http://127.0.0.1:${served.port}`
      const other = await browser.newPage()
      try {
        // the same host and another port, so that the browser sends all it has; and another host
        for (const site of ["http://127.0.0.1:3000/", "http://localhost:3000/", "http://shop.example/"]) {
          await other.route(`${site}**`, (route) =>
            route.fulfill({ contentType: "text/html", body: `<a href="${own}/">the page</a>` })
          )
          await other.goto(site)
          const read = await other.evaluate(async (own) => {
            const outcomes: Array<string> = []
            for (const mode of ["cors", "no-cors"] as const) {
              for (const path of ["/fibers", "/overview", "/metrics"]) {
                const outcome = await fetch(own + path, { mode, credentials: "include" }).then(
                  (response) => response.text(),
                  () => ""
                )
                outcomes.push(outcome)
              }
            }
            return outcomes.join("")
          }, own)
          assert.strictEqual(read, "")
          await other.getByText("the page").click()
          await other.getByText("The loop turns").waitFor()
        }
      } finally {
        await other.close()
      }
    }))

  it("says why nothing comes when the process refuses to send, and asks again", () =>
    withPage("light", async (page) => {
      await page.route("**/events", (route) =>
        route.fulfill({ status: 503, json: { error: "32 clients listen already" } })
      )
      await page.reload()
      await page.getByText("The process refuses to send: 32 clients listen already").first().waitFor()
      await page.unroute("**/events")
      await page.getByText("The loop turns").waitFor()
      assert.strictEqual(await page.locator("#loop").getAttribute("data-state"), "turning")
    }))

  it("says when the process has ended", () =>
    withPage("light", async (page, served) => {
      served.child.kill("SIGKILL")
      await page.getByText("The process does not respond").first().waitFor()
      assert.strictEqual(await page.locator("#loop").getAttribute("data-state"), "unknown")
    }))
})
