import { NodeHttpServer } from "@effect/platform-node"
import { Giveway } from "@giveway/node"
import { Config, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { Routes } from "./Routes.ts"

const port = Config.Port("PORT").pipe(Config.withDefault(8080))
const Server = HttpRouter.serve(Routes).pipe(Layer.provide(NodeHttpServer.layerConfig(createServer, { port })))

// fair scheduling, the workers, and a thread that watches this one and names whatever holds it
Layer.launch(Server).pipe(Giveway.runMain)
