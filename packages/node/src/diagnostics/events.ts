/**
 * Server-sent events: an overview twice a second while a client listens, and one at once when a stall opens or ends.
 *
 * Without a listener no timer runs, so an idle process is not woken.
 */
import type { ServerResponse } from "node:http"
import type { Overview } from "./protocol.ts"

const periodMs = 500

/** A client with more unread bytes than this gets no event until it has read them. An event is a few kB. */
const mostBehind = 1_000_000

/** More listeners are a client's mistake. */
const mostListeners = 32

interface Events {
  readonly subscribe: (response: ServerResponse) => void
  /** sends an event at once: something happened that should not wait for the next one */
  readonly hurry: () => void
}

export const make = (overview: () => Promise<Overview>): Events => {
  const listeners = new Set<ServerResponse>()
  let timer: NodeJS.Timeout | undefined
  let busy = false

  const broadcast = async (): Promise<void> => {
    if (busy || listeners.size === 0) return
    busy = true
    try {
      const event = `event: overview\ndata: ${JSON.stringify(await overview())}\n\n`
      for (const response of listeners) if (response.writableLength < mostBehind) response.write(event)
    } finally {
      busy = false
    }
  }

  return {
    subscribe: (response) => {
      if (listeners.size >= mostListeners) {
        response.writeHead(503, { "retry-after": "10" }).end()
        return
      }
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" })
      response.write("retry: 1000\n\n")
      listeners.add(response)
      response.on("close", () => {
        listeners.delete(response)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      })
      timer ??= setInterval(() => void broadcast(), periodMs)
      void broadcast()
    },
    hurry: () => void broadcast()
  }
}
