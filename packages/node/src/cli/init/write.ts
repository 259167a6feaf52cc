/**
 * Writes all files or none: after a failure, or Ctrl-C, the folder is as it was.
 *
 * New files come first. A file that is there is replaced in one step, by a new file that takes its name, so no moment exists in which half of
 * it is there.
 *
 * Decision 0128.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import { CannotInit } from "./cannotInit.ts"
import type { TextFile } from "./template.ts"

/** The system's own words, without its names for the call and the path. */
export const wordsOf = (error: PlatformError): string => {
  const cause = error.reason.cause
  return cause instanceof Error ? cause.message.split(",")[0]! : error.message
}

const refused = (path: string) => (error: PlatformError) =>
  new CannotInit({
    path,
    reason: `cannot be written (${wordsOf(error)})`,
    fix: "make its folder one that you can write to, or name another folder: giveway init FOLDER"
  })

/** Writes `missing` where nothing is yet, and `replaced` over files that are there. */
export const all = Effect.fnUntraced(function* (
  folder: string,
  missing: ReadonlyArray<TextFile>,
  replaced: ReadonlyArray<TextFile>
) {
  const fileSystem = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const undo: Array<Effect.Effect<void, PlatformError>> = []

  const makeFolder = (place: string): Effect.Effect<void, PlatformError> =>
    Effect.gen(function* () {
      if (yield* fileSystem.exists(place)) return
      yield* makeFolder(path.dirname(place))
      yield* fileSystem.makeDirectory(place)
      // it was made here, a moment ago
      undo.push(fileSystem.remove(place, { recursive: true }))
    })

  const create = Effect.fnUntraced(function* (place: string, text: string) {
    yield* makeFolder(path.dirname(place))
    // it fails if there is one by now
    const file = fileSystem.writeFileString(place, text, { flag: "wx" })
    undo.push(fileSystem.remove(place, { force: true }))
    yield* Effect.tapError(file, (error) =>
      Effect.sync(() => {
        if (error.reason._tag === "AlreadyExists") undo.pop()
      })
    )
  })

  const put = Effect.fnUntraced(function* (place: string, text: string, mode: number) {
    const next = `${place}.giveway-${process.pid}`
    yield* fileSystem.writeFileString(next, text, { flag: "wx", mode }).pipe(
      Effect.andThen(fileSystem.rename(next, place)),
      Effect.onError(() => Effect.ignore(fileSystem.remove(next, { force: true })))
    )
  })

  const replace = Effect.fnUntraced(function* (link: string, text: string) {
    const place = yield* fileSystem.realPath(link)
    const before = yield* fileSystem.readFileString(place)
    const mode = (yield* fileSystem.stat(place)).mode & 0o777
    yield* put(place, text, mode)
    undo.push(put(place, before, mode))
  })

  const writeAll = Effect.gen(function* () {
    for (const file of missing) {
      yield* Effect.mapError(create(path.join(folder, file.path), file.text), refused(file.path))
    }
    for (const file of replaced) {
      yield* Effect.mapError(replace(path.join(folder, file.path), file.text), refused(file.path))
    }
  })
  yield* Effect.onExit(writeAll, (exit) =>
    Exit.isSuccess(exit)
      ? Effect.void
      : Effect.forEach(undo.toReversed(), (step) => Effect.ignore(step), { discard: true })
  )
})
