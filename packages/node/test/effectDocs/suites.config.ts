/** Vitest for the tests in Effect's documentation, which are in `node_modules`. `suites.test.ts` runs it. */
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"
import { docs } from "./loader.ts"
import { suites } from "./programs.ts"

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: { conditions: ["giveway-source"], alias: { "@effect/sql-sqlite-node": file("standIns/sqlSqliteNode.ts") } },
  ssr: { resolve: { conditions: ["giveway-source"], externalConditions: ["giveway-source"] } },
  test: {
    root: docs,
    include: suites,
    exclude: [],
    pool: "forks",
    maxWorkers: 1,
    execArgv: ["--conditions=giveway-source"],
    setupFiles: [file("suites.setup.ts")],
    server: { deps: { inline: [/ai-docs/] } }
  }
})
