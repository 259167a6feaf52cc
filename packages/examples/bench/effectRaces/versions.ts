/**
 * A folder for each version of Effect, with the version from npm's registry, the room of this package that runs schedules, and the programs.
 *
 * The public modules of this package need Effect 4.1. The machine itself needs `Scheduler`, `Clock`, `Context` and `Tracer`, which
 * are as old as 4.0.0-beta.57. So the copy has an entry of its own, which has the search without the options and the errors around it.
 *
 * Rejected: an alias in `node_modules` for each version. A copy of the machine must find the version that its program finds.
 */
import { execFileSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const core = fileURLToPath(new URL("../../../core/dist/", import.meta.url))

const here = fileURLToPath(new URL(".", import.meta.url))

/** `Interleavings.atEnd`, and `search`, as `run.ts` wants it. */
const entry = `import * as Effect from "effect/Effect"
import * as drive from "./dist/internal/interleavings/drive.js"
import { Running } from "./dist/internal/interleavings/machine/machine.js"
import { names } from "./dist/internal/interleavings/choose/rotation.js"

export const Interleavings = {
  atEnd: (name, holds) =>
    Effect.withFiber((fiber) => {
      fiber.getRef(Running)?.require({ name, holds })
      return Effect.void
    })
}

const settings = {
  seed: 1, strategies: names, preemptions: Infinity, wholeRoot: false, steps: 5000, manualTime: false,
  endless: "livelock", deterministic: false, conditions: [], shrinks: true
}

export const search = (program, schedules, replay) => drive.run(program, { ...settings, schedules, replay })
`

/** Until 4.0.0-rc.112 another module has these two functions. */
const base64Url = `import * as Result from "effect/Result"
export const encode = (bytes) => Buffer.from(bytes).toString("base64url")
export const decode = (text) => Result.succeed(new Uint8Array(Buffer.from(text, "base64url")))
`

/** The folder of a version. What is installed already stays. */
export const folderOf = (version: string): string => {
  const folder = join(tmpdir(), "giveway-effect-races", version)
  const effect = join(folder, "node_modules", "effect")
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  const isThere =
    existsSync(join(effect, "package.json")) &&
    JSON.parse(readFileSync(join(effect, "package.json"), "utf8")).version === version
  if (!isThere) {
    const args = ["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    execFileSync("npm", [...args, `effect@${version}`], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
  }
  if (!existsSync(join(effect, "dist", "encoding", "Base64Url.js"))) {
    mkdirSync(join(effect, "dist", "encoding"), { recursive: true })
    writeFileSync(join(effect, "dist", "encoding", "Base64Url.js"), base64Url)
  }
  const copy = join(folder, "node_modules", "@giveway", "core")
  cpSync(core, join(copy, "dist"), { recursive: true, filter: (path) => !path.includes(`${core}run`) })
  writeFileSync(
    join(copy, "package.json"),
    JSON.stringify({ name: "@giveway/core", type: "module", exports: { "./testing": "./testing.js" } })
  )
  writeFileSync(join(copy, "testing.js"), entry)
  for (const file of ["races.ts", "run.ts"]) cpSync(join(here, file), join(folder, file))
  return folder
}
