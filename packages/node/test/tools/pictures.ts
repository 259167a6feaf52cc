/**
 * Makes the pictures of the docs: `npm run pictures`. It needs Chromium (or GIVEWAY_CHROMIUM) and tmux, and takes half a minute.
 *
 * The pictures show one moment: a shop whose checkout holds the loop, the line, and the fibers that wait for it; and then the page after it.
 * The terminals are those of a real terminal, tmux, with its colours, drawn by Chromium; the shop's folder is shown as `/srv/shop`.
 *
 * Decision 0135.
 */
import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"
import type { Browser, Page } from "playwright-core"
import { main } from "../cli/giveway.ts"
import type { Served } from "../served.ts"
import { withServed } from "../served.ts"
import { launch } from "./browser.ts"
import { smaller } from "./palette.ts"

const folder = fileURLToPath(new URL("../../../../docs/pictures/", import.meta.url))

const shop = fileURLToPath(new URL("../programs/shop/server.ts", import.meta.url))

const width = 1200

const save = (name: string, png: Buffer): void => {
  const file = smaller(png)
  writeFileSync(join(folder, name), file)
  console.log(`${name}  ${Math.round(file.length / 1000)} kB`)
}

/** The whole page, or what a window of it shows. */
const picture = async (page: Page, name: string, fullPage = true): Promise<void> =>
  save(name, await page.screenshot({ fullPage }))

/** The page down to the fibers that wait. */
const moment = async (page: Page, name: string): Promise<void> => {
  const { height, y } = (await page.locator("section", { has: page.locator("#fibers") }).boundingBox())!
  save(name, await page.screenshot({ fullPage: true, clip: { x: 0, y: 0, width, height: y + height + 16 } }))
}

/** The colours of a terminal: the eight, and the eight bright ones. */
const colours = ["#3b3f4c", "#ff7a5c", "#4fc38a", "#f0b13c", "#5b9bf3", "#bd93f9", "#56c8d8", "#e8e8ec"]
const bright = ["#8a8fa0", "#ff9a82", "#7fdcae", "#ffd479", "#8bb9ff", "#d6b8ff", "#8ee3ee", "#ffffff"]

const escaped = (text: string): string => text.replace(/[&<>]/g, (letter) => `&#${letter.codePointAt(0)};`)

/** What a code takes back. */
const endedBy: Readonly<Record<number, ReadonlyArray<string>>> = {
  22: ["font-weight", "opacity"],
  27: ["background", "color"],
  39: ["color"]
}

/** The style after a list of SGR codes. */
const styleAfter = (style: ReadonlyMap<string, string>, codes: ReadonlyArray<number>): ReadonlyMap<string, string> => {
  const next = new Map(style)
  for (const code of codes) {
    if (code === 0) next.clear()
    else if (code === 1) next.set("font-weight", "700")
    else if (code === 2) next.set("opacity", "0.65")
    else if (code === 7) next.set("background", "#e8e8ec").set("color", "#14151a")
    else if (code >= 30 && code <= 37) next.set("color", colours[code - 30]!)
    else if (code >= 90 && code <= 97) next.set("color", bright[code - 90]!)
    else for (const name of endedBy[code] ?? []) next.delete(name)
  }
  return next
}

const escapes = new RegExp(String.raw`\u001b\[([\d;]*)m`)

/** Terminal text with its colours as HTML. */
const htmlOf = (text: string): string => {
  let style: ReadonlyMap<string, string> = new Map()
  const parts = text.split(escapes)
  return parts
    .map((part, index) => {
      if (index % 2 === 1) {
        style = styleAfter(style, part.split(";").map(Number))
        return ""
      }
      const css = Array.from(style, ([name, value]) => `${name}:${value}`).join(";")
      return part === "" ? "" : `<span style="${css}">${escaped(part)}</span>`
    })
    .join("")
}

const terminalPage = (title: string, text: string): string => `<!doctype html><meta charset="utf-8"><style>
  body { margin: 0; background: #0c0d10; padding: 14px; width: fit-content }
  div { background: #14151a; border: 1px solid #2c2f39; border-radius: 10px; overflow: hidden }
  p { margin: 0; padding: 8px 14px; font: 12px ui-monospace, "DejaVu Sans Mono", monospace; color: #a0a4b1; border-bottom: 1px solid #2c2f39 }
  pre { margin: 0; padding: 12px 14px; font: 13px/1.4 "DejaVu Sans Mono", monospace; color: #e8e8ec }
</style><div><p>$ ${escaped(title)}</p><pre>${htmlOf(text)}</pre></div>`

const tmux = (...args: ReadonlyArray<string>): string =>
  execFileSync("tmux", ["-L", `giveway-pictures-${process.pid}`, ...args], { encoding: "utf8" })

/** `giveway COMMAND` in a terminal of that size. */
class Terminal {
  readonly command: string

  constructor({ environment, pid }: Served, command: string, [columns, rows]: readonly [number, number]) {
    this.command = command
    const giveway = `'${process.execPath}' --conditions=giveway-source '${main}' ${command} --pid ${pid}`
    const run = `env XDG_RUNTIME_DIR='${environment["XDG_RUNTIME_DIR"]}' ${giveway}; sleep 60`
    tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-s", command, run)
  }

  /** What it shows, with its colours, once that matches. */
  async until(shows: RegExp): Promise<string> {
    try {
      for (const end = performance.now() + 20_000; ;) {
        const text = tmux("capture-pane", "-e", "-p", "-t", this.command).trimEnd()
        if (shows.test(stripVTControlCharacters(text))) return text
        if (performance.now() > end) throw new Error(`giveway ${this.command} does not show ${shows}:\n${text}`)
        await pause(100)
      }
    } finally {
      tmux("kill-session", "-t", this.command)
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const pageOf = async (browser: Browser, { port }: Served, colorScheme: "light" | "dark"): Promise<Page> => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } })
  await page.goto(`http://127.0.0.1:${port}/`)
  return page
}

const browser = await launch()
try {
  await withServed(
    { port: 0, socket: true },
    async (served) => {
      const dark = await pageOf(browser, served, "dark")
      const light = await pageOf(browser, served, "light")
      const top = new Terminal(served, "top", [104, 26])
      // some of the time before it, so that there is a before
      await pause(12_000)
      served.child.stdin.write("16000\n")
      await Promise.all([dark, light].map((page) => page.getByText("The loop has been held for 7").waitFor()))
      await Promise.all([moment(dark, "page-held-dark.png"), moment(light, "page-held-light.png")])
      const texts = {
        top: await top.until(/held for [\s\S]*pool of/),
        dump: await new Terminal(served, "dump", [124, 60]).until(/^\d+ fibers[\s\S]*─ POST \/checkout #\d/m)
      }
      await dark.getByText("The loop turns").waitFor({ timeout: 60_000 })
      await pause(4000)
      await picture(dark, "page-after-dark.png")
      await dark.locator("#stalls button", { hasText: "checkout" }).click()
      await dark.locator("dialog[open]").waitFor()
      await picture(dark, "page-stall-dark.png", false)
      const drawing = await browser.newPage({ viewport: { width: 400, height: 300 } })
      for (const [name, text] of Object.entries(texts)) {
        await drawing.setContent(terminalPage(`giveway ${name}`, text.replaceAll(dirname(shop), "/srv/shop")))
        save(`${name}.png`, await drawing.locator("body").screenshot())
      }
    },
    shop
  )
} finally {
  await browser.close()
}
