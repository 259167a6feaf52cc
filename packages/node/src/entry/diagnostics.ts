/**
 * The diagnostics thread: it serves the facts about a process, also while the process's own loop is stuck.
 *
 * It sleeps in its event loop until a client asks, so it costs an idle process memory only. It imports no Effect, whose modules
 * would take 45 MB and half a second here.
 *
 * Rejected: serving from the sysmon thread (decision 0070).
 */
import { chmodSync, readFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { parentPort, workerData } from "node:worker_threads"
import * as Sysmon from "@giveway/core/Sysmon"
import * as ask from "../diagnostics/ask.ts"
import * as endpoints from "../diagnostics/endpoints.ts"
import * as loop from "../diagnostics/loop.ts"
import type { DiagnosticsStart, FromMain, FromSysmon, Listen, Started } from "../diagnostics/protocol.ts"
import * as server from "../diagnostics/http/server.ts"
import * as workersWatch from "../diagnostics/workers.ts"
import * as standardError from "../output/standardError.ts"
import { clockOf } from "../wire/sharedClock.ts"

const start = workerData as DiagnosticsStart
const { main, thresholdMs, token } = start

const now = clockOf(start.clock)
const watch = loop.watch({
  block: Sysmon.attach(start.buffer),
  accounts: start.accounts,
  thresholdMs,
  now
})
const workers = workersWatch.watch(now)
const asking = ask.make({ main, isHeld: () => watch.look().state === "held" })
/** For people who report a stall. */
const version = (): string | undefined => {
  try {
    const file = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
    return (JSON.parse(file) as { readonly version: string }).version
  } catch {
    // a permission may hide it
    return undefined
  }
}

const served = endpoints.make({
  process: { ...start.process, giveway: version() },
  thresholdMs,
  watch,
  workers,
  asking
})

main.on("message", (message: FromMain) => {
  switch (message._tag) {
    case "Label":
      return watch.label(message.label, message.name)
    case "Stalls":
      return served.stalled(message.totals)
    case "Worker":
      return workers.hear(message.told)
    case "Answer":
      return asking.receive(message.id, message.text, message.tookMs)
    case "Listen":
      return void listenOn(message.listen).catch((error: unknown) =>
        standardError.print(
          `giveway: no local socket, so giveway top and dump do not find this process: ${String(error)}`
        )
      )
    case "Sysmon":
      return void message.port.on("message", hearSysmon)
  }
})

const hearSysmon = (message: FromSysmon): void => {
  if (message._tag === "Sampled") return watch.sampled(message.key, message.sample)
  watch.report(message.report)
  served.hurry()
}

const listenOn = (listen: Listen): Promise<string> => {
  const guarded = listen._tag === "Port"
  const listening = server.make({ endpoints: served.all, look: watch.look, guarded, token })
  const { promise, reject, resolve } = Promise.withResolvers<string>()
  listening.once("error", reject)
  listening.once("listening", () => {
    if (listen._tag === "Port") return resolve(urlOf(listening.address() as AddressInfo))
    chmodSync(listen.path, 0o600)
    resolve(listen.path)
  })
  if (listen._tag === "Socket") listening.listen({ path: listen.path })
  else listening.listen({ port: listen.port, host: listen.host })
  return promise
}

const urlOf = ({ address, family, port }: AddressInfo): string =>
  `http://${family === "IPv6" ? `[${address}]` : address}:${port}`

const listening: Array<string> = []
const failed: Array<{ readonly listen: Listen; readonly message: string }> = []
for (const listen of start.listen) {
  try {
    listening.push(await listenOn(listen))
  } catch (error) {
    failed.push({ listen, message: error instanceof Error ? error.message : String(error) })
  }
}
parentPort?.postMessage({ listening, failed } satisfies Started)
