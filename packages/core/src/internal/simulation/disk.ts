/**
 * A disk in memory: folders and whole files, with delays and faults.
 *
 * **Invariant**: an operation takes effect at one instant, after its delay, or fails and has none. So a file that is there is whole.
 *
 * It has what a service does with whole files. The rest of `FileSystem` (open files, links, watching, permissions) dies with a message that names the
 * method, so that no program takes it for a disk without that file.
 *
 * Decision 0169.
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as PlatformError from "effect/PlatformError"
import type { Span } from "./span.ts"
import { lengthOf } from "./span.ts"

interface DiskSettings {
  readonly delay: Span
  /** the chance that an operation fails */
  readonly failures: number
}

const normal = (path: string): string => {
  const parts: Array<string> = []
  for (const part of path.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/"

const below = (folder: string): string => (folder === "/" ? "/" : `${folder}/`)

type Content = Uint8Array | "folder"

/** `draw` gives numbers from 0 to below 1. */
export const make = ({ delay, failures }: DiskSettings, draw: () => number): FileSystem.FileSystem => {
  const contents = new Map<string, Content>([["/", "folder"]])

  const refused = (tag: PlatformError.SystemErrorTag, method: string, path: string, description: string) =>
    Effect.fail(
      PlatformError.systemError({ _tag: tag, module: "FileSystem", method, pathOrDescriptor: path, description })
    )

  const missing = (method: string, path: string) => refused("NotFound", method, path, "there is no such file or folder")

  const operation = <A>(
    method: string,
    given: string,
    then: (path: string) => Effect.Effect<A, PlatformError.PlatformError>
  ): Effect.Effect<A, PlatformError.PlatformError> =>
    Effect.suspend(() => {
      const path = normal(given)
      const ms = lengthOf(delay, draw())
      const done = Effect.suspend(() =>
        draw() < failures ? refused("Unknown", method, path, "the simulated disk failed") : then(path)
      )
      return ms > 0 ? Effect.andThen(Effect.sleep(ms), done) : done
    })

  const write = (method: string, path: string, data: Uint8Array) =>
    contents.get(parentOf(path)) !== "folder"
      ? missing(method, parentOf(path))
      : contents.get(path) === "folder"
        ? refused("BadResource", method, path, "it is a folder")
        : Effect.sync(() => void contents.set(path, data.slice()))

  const read = (method: string, path: string): Effect.Effect<Uint8Array, PlatformError.PlatformError> => {
    const found = contents.get(path)
    if (found === undefined) return missing(method, path)
    return found === "folder" ? refused("BadResource", method, path, "it is a folder") : Effect.succeed(found.slice())
  }

  const unsupported = (method: string) => () =>
    Effect.die(new Error(`FileSystem.${method}: the simulated disk has whole files and folders, and not this`))

  const real: Partial<FileSystem.FileSystem> = {
    exists: (path) => operation("exists", path, (path) => Effect.succeed(contents.has(path))),
    makeDirectory: (path, options) =>
      operation("makeDirectory", path, (path) => {
        if (options?.recursive !== true) {
          if (contents.has(path)) return refused("AlreadyExists", "makeDirectory", path, "it is there")
          if (contents.get(parentOf(path)) !== "folder") return missing("makeDirectory", parentOf(path))
        }
        for (let folder = path; folder !== "/"; folder = parentOf(folder)) {
          if (contents.get(folder) instanceof Uint8Array) {
            return refused("AlreadyExists", "makeDirectory", folder, "it is a file")
          }
        }
        for (let folder = path; folder !== "/"; folder = parentOf(folder)) contents.set(folder, "folder")
        return Effect.void
      }),
    readDirectory: (path) =>
      operation("readDirectory", path, (path) => {
        if (contents.get(path) !== "folder") return missing("readDirectory", path)
        const prefix = below(path)
        const names = Array.from(contents.keys())
          .filter((name) => name !== "/" && name.startsWith(prefix))
          .map((name) => name.slice(prefix.length))
          .filter((name) => !name.includes("/"))
        return Effect.succeed(names)
      }),
    readFile: (path) => operation("readFile", path, (path) => read("readFile", path)),
    readFileString: (path) =>
      operation("readFileString", path, (path) =>
        Effect.map(read("readFileString", path), (bytes) => new TextDecoder().decode(bytes))
      ),
    writeFile: (path, data) => operation("writeFile", path, (path) => write("writeFile", path, data)),
    writeFileString: (path, text) =>
      operation("writeFileString", path, (path) => write("writeFileString", path, new TextEncoder().encode(text))),
    rename: (from, to) =>
      operation("rename", from, (from) => {
        const moved = contents.get(from)
        const target = normal(to)
        if (moved === undefined) return missing("rename", from)
        if (moved === "folder")
          return Effect.die(new Error("FileSystem.rename: the simulated disk renames files alone"))
        return Effect.andThen(
          write("rename", target, moved),
          Effect.sync(() => void (from === target || contents.delete(from)))
        )
      }),
    remove: (path, options) =>
      operation("remove", path, (path) => {
        if (!contents.has(path)) return options?.force === true ? Effect.void : missing("remove", path)
        const inside = Array.from(contents.keys()).filter((name) => name !== "/" && name.startsWith(below(path)))
        if (inside.length > 0 && options?.recursive !== true) {
          return refused("BadResource", "remove", path, "the folder is not empty")
        }
        for (const name of inside) contents.delete(name)
        if (path !== "/") contents.delete(path)
        return Effect.void
      }),
    stat: (path) =>
      operation("stat", path, (path) => {
        const found = contents.get(path)
        if (found === undefined) return missing("stat", path)
        return Effect.succeed<FileSystem.File.Info>({
          type: found === "folder" ? "Directory" : "File",
          mtime: Option.none(),
          atime: Option.none(),
          birthtime: Option.none(),
          dev: 0n,
          ino: Option.none(),
          mode: 0o644,
          nlink: Option.none(),
          uid: Option.none(),
          gid: Option.none(),
          rdev: Option.none(),
          size: ByteSize.bytes(found === "folder" ? 0 : found.length),
          blksize: Option.none(),
          blocks: Option.none()
        })
      })
  }
  return new Proxy(FileSystem.makeNoop(real), {
    get: (target, key) =>
      typeof key === "string" && !(key in real) && typeof Reflect.get(target, key) === "function"
        ? unsupported(key)
        : Reflect.get(target, key)
  })
}
