import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Context, Effect, Fiber, References, Tracer } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as fiberHook from "../../../src/internal/hook/fiberHook.ts"
import { nameOf } from "../../../src/internal/hook/labels.ts"

const named = Effect.withFiber((fiber) => Effect.succeed(nameOf(fiber)))

const hold = Effect.sync(() => {
  for (const end = performance.now() + 2; performance.now() < end;);
})

/** Answers with the names that its fibers have in its course. */
const answer = Effect.gen(function* () {
  const names = [yield* named]
  yield* hold
  yield* Effect.yieldNow
  names.push(yield* named)
  names.push(yield* Effect.withSpan(named, "load"))
  names.push(yield* Effect.withSpan(named, "Users.get", { kind: "server" }))
  names.push(yield* Fiber.join(yield* Effect.forkChild(Effect.provideService(named, Other, 1))))
  names.push(yield* named)
  return HttpServerResponse.jsonUnsafe(names)
})

class Other extends Context.Service<Other, number>()("routes.test/Other") {}

const Routes = HttpRouter.addAll([
  HttpRouter.route("GET", "/users/:id", answer),
  HttpRouter.route("POST", "/users/:id", answer),
  HttpRouter.route("*", "/files/*", answer)
])

/** With an exporter each request has a span. */
const exporting = Context.make(Tracer.Tracer, Tracer.make({ span: (options) => new Tracer.NativeSpan(options) }))

/** The context of a server that was started in a span. */
const within: Context.Context<never> = Effect.runSync(Effect.withSpan(Effect.context<never>(), "main"))

interface Variant {
  readonly disableLogger: boolean
  readonly context: Context.Context<never>
}

/** The logger of requests names their spans, and need not be seen. */
const silent = Context.make(References.MinimumLogLevel, "None") as Context.Context<never>

const plain: Variant = { disableLogger: false, context: silent }

const variants: Readonly<Record<string, Variant>> = {
  "with a logger": plain,
  "without a logger": { ...plain, disableLogger: true },
  "with an exporter": { ...plain, context: exporting as Context.Context<never> },
  "in a span of the program": { disableLogger: true, context: within },
  "in a span of the program, with a logger": { disableLogger: false, context: within }
}

const selfMs = (name: string): number => {
  const { accounts, labels } = fiberHook.thread
  for (const [label, known] of labels.entries()) if (known === name) return accounts.selfMs[label]!
  return 0
}

describe("routes", () => {
  beforeAll(() => void fiberHook.install())
  afterAll(() => fiberHook.uninstall())

  const fetching = ({ context, disableLogger }: Variant) => {
    const { dispose, handler } = HttpRouter.toWebHandler(Routes, { disableLogger })
    const get = async (path: string, method = "GET"): Promise<ReadonlyArray<string>> => {
      const response = await handler(new Request(`http://localhost${path}`, { method }), Context.merge(silent, context))
      return (await response.json()) as ReadonlyArray<string>
    }
    return { dispose, get }
  }

  for (const [how, variant] of Object.entries(variants)) {
    it(`name fibers, unless they are in a span of their own: ${how}`, async () => {
      const { dispose, get } = fetching(variant)
      try {
        const of = (route: string) => [route, route, "load", "Users.get", route, route]
        assert.deepStrictEqual(await get("/users/7"), of("GET /users/:id"))
        assert.deepStrictEqual(await get("/users/7", "POST"), of("POST /users/:id"))
        assert.deepStrictEqual(await get("/files/a/b"), of("* /files/*"))
      } finally {
        await dispose()
      }
    })
  }

  it("get the time of a handler, from its first slice on", async () => {
    const { dispose, get } = fetching(plain)
    const before = [selfMs("GET /users/:id"), selfMs("GET")]
    for (let id = 0; id < 5; id++) await get(`/users/${id}`)
    assert.isAbove(selfMs("GET /users/:id") - before[0]!, 10)
    assert.isBelow(selfMs("GET") - before[1]!, 5)
    await dispose()
  })

  it("are a name for all their requests: the table of names does not grow with the data", async () => {
    const { dispose, get } = fetching(plain)
    await get("/users/0")
    const count = fiberHook.thread.labels.count()
    for (let id = 0; id < 100; id++) await get(`/users/${id}`)
    assert.strictEqual(fiberHook.thread.labels.count(), count)
    await dispose()
  })
})
