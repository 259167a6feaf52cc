/**
 * Runs one measurement in a process of its own, so that nothing of one contestant is left when the next is measured.
 *
 * The process prints its result as the last line of standard output. It is killed when its time is over: a pool that
 * hangs hangs alone.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

export interface ChildOptions {
  /** the script, beside this file */
  readonly script: string
  readonly args: ReadonlyArray<string>
  readonly boundMs: number
  readonly env?: Readonly<Record<string, string>>
}

export type ChildEnd<A> =
  | { readonly _tag: "Result"; readonly value: A }
  /** killed at the bound */
  | { readonly _tag: "Hung"; readonly said: string }
  /** it ended without a result: its exit code or signal, and what it said on standard error */
  | { readonly _tag: "Ended"; readonly by: number | string; readonly said: string }

const mostSaid = 2000

/** Starts the script and waits for its end. Never rejects. */
export const runChild = <A>({ args, boundMs, env, script }: ChildOptions): Promise<ChildEnd<A>> =>
  new Promise((resolve) => {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, [...process.execArgv, path, ...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    const output = { out: "", error: "" }
    child.stdout.on("data", (chunk) => (output.out += String(chunk)))
    child.stderr.on("data", (chunk) => (output.error = (output.error + String(chunk)).slice(-mostSaid)))
    let hung = false
    const timer = setTimeout(() => {
      hung = true
      child.kill("SIGKILL")
    }, boundMs)
    child.once("close", (code, signal) => {
      clearTimeout(timer)
      const last = output.out.trimEnd().split("\n").at(-1) ?? ""
      if (last.startsWith("{")) resolve({ _tag: "Result", value: JSON.parse(last) as A })
      else if (hung) resolve({ _tag: "Hung", said: output.error })
      else resolve({ _tag: "Ended", by: code ?? signal ?? "no code", said: output.error })
    })
  })
