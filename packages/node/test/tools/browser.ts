/**
 * The browser that the tools are tried in, and the pictures are made with.
 */
import { existsSync } from "node:fs"
import type { Browser } from "playwright-core"
import { chromium } from "playwright-core"

const executablePath = process.env["GIVEWAY_CHROMIUM"] ?? "/usr/bin/chromium"

/** Without these Chromium looks up hosts that nothing here needs. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  // grey edges of letters make pictures smaller than coloured ones
  "--disable-lcd-text",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

export const launch = (): Promise<Browser> => {
  if (!existsSync(executablePath)) {
    throw new Error(`this needs Chromium at ${executablePath} (or GIVEWAY_CHROMIUM): apt-get install chromium`)
  }
  return chromium.launch({ executablePath, args: flags })
}
