/**
 * Server-sent events: an overview twice a second while a client listens, and one at once when a stall opens or ends.
 *
 * Without a listener no timer runs, so an idle process is not woken. An event is made once for all listeners.
 */
import type { ServerResponse } from "node:http"
import type { Asked } from "./server.ts"
import { sendBusy } from "./server.ts"

const periodMs = 500

/** Stalls may open and end many times a second; events come no faster than this, in ms. */
const leastGapMs = 100

/** A client with more unread bytes than this gets no event until it has read them. An event is a few kB. */
const mostBehind = 1_000_000

/** Listeners of one server. More are a client's mistake. Those of a port take no place from the owner's on the local socket. */
export const mostListeners = 32

interface Events {
  readonly subscribe: (asked: Asked) => unknown
  /** sends an event soon: something happened that should not wait for the next one */
  readonly hurry: () => void
}

/** `overview`: the event's data, without line breaks. */
export const make = (overview: () => Promise<string>): Events => {
  const listeners = new Map<ServerResponse, object>()
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let sentAt = -Infinity

  const broadcast = async (): Promise<void> => {
    if (busy || listeners.size === 0) return
    busy = true
    try {
      const event = Buffer.from(`event: overview\ndata: ${await overview()}\n\n`)
      for (const response of listeners.keys()) if (response.writableLength < mostBehind) response.write(event)
    } catch {
      // each asks again, or asks /overview, which says why
      for (const response of listeners.keys()) response.destroy()
    } finally {
      sentAt = performance.now()
      busy = false
    }
  }

  return {
    subscribe: ({ door, response }) => {
      const listening = Array.from(listeners.values()).filter((one) => one === door).length
      if (listening >= mostListeners) return sendBusy(response, `${listening} clients listen already: close some`)
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
      if (response.req.method === "HEAD") return response.end()
      response.write("retry: 1000\n\n")
      listeners.set(response, door)
      response.once("close", () => {
        listeners.delete(response)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      })
      timer ??= setInterval(() => void broadcast(), periodMs)
      void broadcast()
    },
    hurry: () => {
      if (performance.now() - sentAt >= leastGapMs) void broadcast()
    }
  }
}
