import giveway from "@giveway/node/unplugin"
import { defineConfig } from "vitest/config"

// the compiler: in tests too, what is marked Pure runs in slices
export default defineConfig({
  plugins: [giveway.vite()],
  test: { include: ["test/**/*.test.ts"] }
})
