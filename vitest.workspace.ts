/**
 * One vitest project per folder of tests. Vitest 5 ignores a conventional workspace file, so the scripts name this one
 * with `--config`. Tests run on the sources (condition `giveway-source`), in the main process's own worker processes,
 * and the compute workers they start get the same condition through `execArgv`.
 */
import { defineConfig } from "vitest/config"

const project = (name: string, root: string) => ({
  resolve: { conditions: ["giveway-source"] },
  ssr: { resolve: { conditions: ["giveway-source"], externalConditions: ["giveway-source"] } },
  test: {
    name,
    root,
    include: ["**/*.test.ts"],
    pool: "forks" as const,
    execArgv: ["--conditions=giveway-source"],
    testTimeout: 30_000
  }
})

// .ci/run counts the tests from a JSON report
const report = process.env["GIVEWAY_TEST_REPORT"]

export default defineConfig({
  test: {
    reporters: report === undefined ? ["default"] : ["default", ["json", { outputFile: report }]],
    projects: [
      project("core", "packages/core/test"),
      project("node", "packages/node/test"),
      project("examples", "packages/examples/test"),
      project("house", "test")
    ]
  }
})
