/**
 * What a user can import, and that each name means one thing.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { root } from "./sources.ts"

/** Names that Effect owns: `import { Scheduler } from "@giveway/core"` would shadow the real one. */
const ownedByEffect = new Set(["Scheduler", "Pool", "Worker", "Fiber", "Queue", "Tracer", "Metric"])

/** Public modules that no user writes against. They are paths of their own, and not in the index. */
const notForUsers = new Map([
  ["core/Platform", "only a package that brings Giveway to a platform imports it, as @giveway/node does"],
  ["core/PlatformWorker", "the half of core/Platform that a worker loads"],
  ["core/Steppable", "only compiled code imports it, by this path"],
  ["core/Sysmon", "only a platform's watching thread imports it, which has no room for Effect"]
])

const modulesOf = (name: string, folder = ""): ReadonlyArray<string> =>
  readdirSync(join(root, "packages", name, "src", folder))
    .filter((file) => /^[A-Z].*\.ts$/.test(file))
    .map((file) => file.slice(0, -3))

/** Modules of core's `testing` that the index has too; the others are reached through `@giveway/core/testing` alone. */
const testingInIndex = ["TestCompute"]

/** Folders of the package that are not for users; `platform` is for @giveway/node. */
const foldersOf = (name: string): ReadonlyArray<string> =>
  readdirSync(join(root, "packages", name, "src"), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !["platform", "testing"].includes(entry.name))
    .map((entry) => entry.name)

const manifest = (name: string) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

describe.each(["core", "node"])("@giveway/%s", (name) => {
  it("exports each public module for users once, under its own name, and nothing else", async () => {
    const index = (await import(`@giveway/${name}`)) as Record<string, unknown>
    const testing = name === "core" ? testingInIndex : []
    const forUsers = modulesOf(name).filter((module) => !notForUsers.has(`${name}/${module}`))
    assert.sameMembers(Object.keys(index), [...forUsers, ...testing])
  })

  it.each(name === "core" ? [name] : [])("@giveway/%s/testing has each module for tests", async () => {
    const index = (await import("@giveway/core/testing")) as Record<string, unknown>
    assert.sameMembers(Object.keys(index), [...modulesOf(name, "testing")])
  })

  it("exports no name that Effect owns", async () => {
    const index = (await import(`@giveway/${name}`)) as Record<string, unknown>
    assert.deepStrictEqual(
      Object.keys(index).filter((key) => ownedByEffect.has(key)),
      []
    )
  })

  it("offers each public module as a path of its own, and keeps internal ones to itself", async () => {
    for (const module of modulesOf(name)) {
      const direct = (await import(`@giveway/${name}/${module}`)) as Record<string, unknown>
      assert.isAbove(Object.keys(direct).length, 0, module)
    }
    for (const folder of foldersOf(name)) {
      // a specifier that vite cannot see through, so that Node itself resolves it
      const specifier = ["@giveway", name, folder, "anything"].join("/")
      assert.throws(() => import.meta.resolve(specifier), /not defined|ERR_PACKAGE_PATH_NOT_EXPORTED|not exported/)
      assert.isNull(manifest(name).exports[`./${folder}/*`], folder)
    }
  })

  it("leaves out of the index only modules that exist", () => {
    const left = [...notForUsers.keys()].filter((path) => path.startsWith(`${name}/`))
    assert.includeMembers(
      modulesOf(name).map((module) => `${name}/${module}`),
      left
    )
  })

  it("has no two public functions or classes that are the same thing under two module names", async () => {
    const index = (await import(`@giveway/${name}`)) as Record<string, Record<string, unknown>>
    const seen = new Map<unknown, string>()
    for (const [module, members] of Object.entries(index)) {
      for (const [member, value] of Object.entries(members)) {
        if (typeof value !== "function" && (typeof value !== "object" || value === null)) continue
        const first = seen.get(value)
        assert.isUndefined(first, `${module}.${member} is ${first}`)
        seen.set(value, `${module}.${member}`)
      }
    }
  })
})
