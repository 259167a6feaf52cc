/**
 * All files or none: a disk that refuses one of them, and a file that comes in between.
 */
import { assert, describe, it } from "@effect/vitest"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import { systemError } from "effect/PlatformError"
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as write from "../../../src/cli/init/write.ts"

const full = systemError({
  _tag: "WriteZero",
  module: "FileSystem",
  method: "writeFile",
  cause: new Error("ENOSPC: no space left on device, write '/x'")
})

/** A disk that has no room for files of this name. */
const refusing = (name: string) =>
  Effect.map(FileSystem.FileSystem, (real) =>
    FileSystem.FileSystem.of({
      ...real,
      writeFileString: (path, text, options) =>
        path.includes(name) ? Effect.fail(full) : real.writeFileString(path, text, options)
    })
  )

const folder = Effect.flatMap(FileSystem.FileSystem, (fileSystem) => fileSystem.makeTempDirectoryScoped())

const missing = [
  { path: "src/deep/a.ts", text: "a" },
  { path: "b.ts", text: "b" }
]

const replaced = [{ path: "package.json", text: "new" }]

describe("the files of giveway init", () => {
  it.effect("are written, and one that is replaced keeps its mode", () =>
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "package.json"), "old", { mode: 0o640 })
      yield* write.all(join(place), missing, replaced)
      assert.deepStrictEqual(readdirSync(place).toSorted(), ["b.ts", "package.json", "src"])
      assert.strictEqual(readFileSync(join(place, "package.json"), "utf8"), "new")
      assert.strictEqual(statSync(join(place, "package.json")).mode & 0o777, 0o640)
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect.each(["a.ts", "b.ts", "package.json"])("are as they were if the disk refuses %s", (name) =>
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "package.json"), "old")
      const fileSystem = yield* refusing(name)
      const error = yield* write
        .all(place, missing, replaced)
        .pipe(Effect.provideService(FileSystem.FileSystem, fileSystem), Effect.flip)
      assert.match(error.message, new RegExp(`${name} cannot be written \\(ENOSPC: no space left on device\\): make`))
      assert.deepStrictEqual(readdirSync(place), ["package.json"])
      assert.strictEqual(readFileSync(join(place, "package.json"), "utf8"), "old")
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("do not take the place of one that came in between", () =>
    Effect.gen(function* () {
      const place = yield* folder
      writeFileSync(join(place, "b.ts"), "mine")
      const error = yield* Effect.flip(write.all(place, missing, []))
      assert.match(error.message, /^b\.ts cannot be written \(EEXIST: file already exists\)/)
      assert.deepStrictEqual(readdirSync(place), ["b.ts"])
      assert.strictEqual(readFileSync(join(place, "b.ts"), "utf8"), "mine")
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
