/**
 * The worker's output on its way to main: the signals of its job, and what it prints. All of it goes through one window, so that
 * a job that writes in a loop cannot drown main.
 *
 * What is printed goes by the same port as the job's logs, in order, as soon as it is printed. Node's own way needs a turn of the
 * worker's event loop: a job that computes would print when it is over, and a killed one nothing.
 *
 * **Invariant**: what was left out is told once a second, and before the job's outcome.
 *
 * Decision 0123.
 */
import type { Writable } from "node:stream"
import type { FromWorker, OutputWindow, telemetry } from "@giveway/core/PlatformWorker"
import { unitsOf } from "@giveway/core/PlatformWorker"
import { now } from "./ownPrimitives.ts"
import type { RunningJob } from "./runningJob.ts"

type Post = (message: FromWorker) => void

/** Spans of a job that have begun and not ended. More are left out, since main keeps each. A guess. */
const mostOpenSpans = 65_536

/** Between two words about what was left out, ms: they would be many, and a flood themselves. */
const tellMs = 1000

/** Bytes of one message with printed output, so that a long text goes in pieces. A guess: what a pipe takes at once. */
const pieceBytes = 16_384

export class JobOutput {
  private readonly window: OutputWindow
  private readonly post: Post
  private readonly running: () => RunningJob | undefined
  private lines = 0
  private spans = 0
  private bytes = 0
  private openSpans = 0
  private toldAt = 0

  constructor(window: OutputWindow, post: Post, running: () => RunningJob | undefined) {
    this.window = window
    this.post = post
    this.running = running
  }

  /** How `mine` sends its signals. */
  sender(mine: RunningJob): telemetry.Send {
    return (signal) => {
      // a fiber that the job left behind: its caller is gone
      if (this.running() !== mine) return false
      if (signal._tag === "SpanEnd") {
        this.openSpans--
        this.send(mine, signal, this.window.force(unitsOf(signal)))
        return true
      }
      const isLine = signal._tag === "Log"
      const isStart = signal._tag === "SpanStart"
      const units = isStart && this.openSpans >= mostOpenSpans ? undefined : this.window.take(unitsOf(signal))
      if (units === undefined) {
        if (isLine) this.lines++
        else this.spans++
        return false
      }
      if (isStart) this.openSpans++
      this.tellInTime(mine)
      this.send(mine, signal, units)
      return true
    }
  }

  /** The job is over: tells what was left out, if that was not told yet. */
  end(mine: RunningJob): void {
    this.openSpans = 0
    this.tell(mine)
  }

  /** From now on, what is printed to the stream goes to main by the port. */
  redirect(to: "stdout" | "stderr", stream: Writable): void {
    stream._writev = (chunks, done) => {
      for (const { chunk, encoding } of chunks as ReadonlyArray<{ chunk: unknown; encoding: BufferEncoding }>) {
        this.print(to, chunk as string | Uint8Array, encoding)
      }
      done()
    }
  }

  private print(to: "stdout" | "stderr", chunk: string | Uint8Array, encoding: BufferEncoding): void {
    if (typeof chunk === "string" && encoding === "utf8" && chunk.length <= pieceBytes) {
      this.printPiece(to, chunk)
      return
    }
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk
    for (let at = 0; at < bytes.length; at += pieceBytes) this.printPiece(to, bytes.slice(at, at + pieceBytes))
  }

  private printPiece(to: "stdout" | "stderr", chunk: string | Uint8Array): void {
    const units = this.window.take(unitsOf(chunk))
    const mine = this.running()
    if (units === undefined) {
      this.bytes += typeof chunk === "string" ? Buffer.byteLength(chunk) : chunk.length
      return
    }
    if (mine !== undefined) {
      mine.hasPosted = true
      this.tellInTime(mine)
    }
    this.post({ _tag: "Output", to, chunk, units })
  }

  private tellInTime(mine: RunningJob): void {
    if (this.lines + this.spans + this.bytes > 0 && now() - this.toldAt > tellMs) this.tell(mine)
  }

  private tell(mine: RunningJob): void {
    const { bytes, lines, spans } = this
    if (lines + spans + bytes === 0) return
    this.toldAt = now()
    this.lines = this.spans = this.bytes = 0
    const signal = { _tag: "LeftOut", task: mine.request.name, lines, spans, bytes } as const
    this.send(mine, signal, this.window.force(unitsOf(signal)))
  }

  private send(mine: RunningJob, signal: telemetry.Signal, units: number): void {
    mine.hasPosted = true
    this.post({ _tag: "Signal", job: mine.job, signal, units })
  }
}
