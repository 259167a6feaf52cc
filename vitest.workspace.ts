/**
 * One vitest project per folder of tests, one after the other. Vitest 5 ignores a conventional workspace file, so the
 * scripts name this one with `--config`. Tests run on the sources (condition `giveway-source`) in processes of their
 * own, and the threads and processes that they start get the same condition through `execArgv`.
 */
import { defineConfig } from "vitest/config"

/** What needs a browser and tmux: `npm run test:tools`. */
const tools = "packages/node/test/tools"

/** What needs npm's registry, and some minutes: `npm run test:doorstep`. */
const doorstep = "test/doorstep"

/** What loads services, and is measured alone: `npm run test:scenarios`. */
const scenarios = "packages/examples/test/results"

/** What a user gets from `giveway init`: its tests run here too. */
const template = "packages/node/template"

/** What lies below the folder of one project and belongs to another. */
const elsewhere: Record<string, Array<string>> = {
  "packages/node/test": ["tools/**", "compiler/**"],
  "packages/examples/test": ["results/**"],
  test: ["doorstep/**", ".examples/**"]
}

/** The compiler's tests watch no thread, so they may run side by side. */
const compiler = "packages/node/test/compiler"

/**
 * Those that watch threads stand still see the machine too: one without a free core for a moment makes a stall where none was meant. A test
 * that fails there is run again, twice at most, and Vitest's report counts the runs.
 */
const watching = new Set(["node", "examples", "tools"])

const project = (name: string, root: string, order: number) => ({
  resolve: { conditions: ["giveway-source"] },
  ssr: { resolve: { conditions: ["giveway-source"], externalConditions: ["giveway-source"] } },
  test: {
    name,
    root,
    include: ["**/*.test.ts"],
    ...(root in elsewhere ? { exclude: elsewhere[root] } : {}),
    pool: "forks" as const,
    execArgv: ["--conditions=giveway-source"],
    testTimeout: 30_000,
    retry: watching.has(name) ? 2 : 0,
    sequence: { groupOrder: order },
    maxWorkers: 2
  }
})

// .ci/run counts the tests from a JSON report
const report = process.env["GIVEWAY_TEST_REPORT"]

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      project("core", "packages/core/test", 0),
      project("house", "test", 1),
      project("compiler", compiler, 2),
      project("node", "packages/node/test", 3),
      project("examples", "packages/examples/test", 4),
      project("tools", tools, 5),
      project("template", template, 6),
      project("doorstep", doorstep, 7),
      project("scenarios", scenarios, 8)
    ]
  }
})
