/** Runs inlineBundled.ts by a development server of Vite. */
import giveway from "@giveway/node/unplugin"
import { fileURLToPath } from "node:url"
import { createServer } from "vite"

const server = await createServer({
  configFile: false,
  logLevel: "error",
  server: { middlewareMode: true, watch: null, ws: false },
  ssr: { external: ["effect", "@giveway/core", "@giveway/node"], resolve: { externalConditions: ["giveway-source"] } },
  plugins: [giveway.vite()]
})
await server.ssrLoadModule(fileURLToPath(new URL("inlineBundled.ts", import.meta.url)))
await server.close()
