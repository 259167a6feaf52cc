/**
 * A shell in a real terminal: tmux draws it, presses its keys, and is asked what can be seen.
 */
import { execFileSync } from "node:child_process"
import { assert } from "@effect/vitest"

const tmux = (...args: ReadonlyArray<string>): string => {
  try {
    return execFileSync("tmux", ["-L", `giveway-${process.pid}`, ...args], { encoding: "utf8", stdio: "pipe" })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === "ENOENT" ? new Error("these tests need tmux: apt-get install tmux") : error
  }
}

const session = "screen"

export class Screen {
  /** Variables for the shell, whose prompt is `shell> `. One screen at a time. */
  constructor(environment: Readonly<Record<string, string | undefined>>, columns = 100, rows = 32) {
    const variables = Object.entries(environment).map(([name, value]) => `${name}='${value}'`)
    const shell = `exec env ${variables.join(" ")} PS1='shell> ' sh`
    tmux("new-session", "-d", "-x", String(columns), "-y", String(rows), "-s", session, shell)
  }

  type(...keys: ReadonlyArray<string>): void {
    tmux("send-keys", "-t", session, ...keys)
  }

  read(): string {
    return tmux("capture-pane", "-p", "-t", session)
  }

  resize(columns: number, rows: number): void {
    tmux("resize-window", "-t", session, "-x", String(columns), "-y", String(rows))
  }

  close(): void {
    tmux("kill-server")
  }

  /** Waits until the screen shows it. */
  async until(pattern: RegExp): Promise<string> {
    const end = performance.now() + 30_000
    for (;;) {
      const text = this.read()
      if (pattern.test(text)) return text
      if (performance.now() > end) assert.fail(`no ${pattern} in\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
