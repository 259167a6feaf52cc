/**
 * For doctor.test.ts: tests that are run by a Vitest of their own.
 */
import { defineConfig } from "vitest/config"

const conditions = ["giveway-source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: { include: ["*.check.ts"], maxWorkers: 1 }
})
