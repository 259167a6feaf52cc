/**
 * The programs of Effect's documentation that run by its runtime and by ours: those of `ai-docs` in the installed `effect`.
 *
 * `edits` and `after` are all that is changed in them. Most define something without running it, so `after` runs it. Addresses
 * of the network become `$SERVER`, which the test serves, and ports `$PORT`.
 */
export interface Program {
  readonly name: string
  /** below `ai-docs/src` */
  readonly path: string
  /** text replaced, each everywhere */
  readonly edits?: ReadonlyArray<readonly [from: string, to: string]>
  /** the same in modules that it imports */
  readonly imports?: Readonly<Record<string, ReadonlyArray<readonly [from: string, to: string]>>>
  /** text appended */
  readonly after?: string
  /** whether it runs by `Effect.runPromise` and not by `runMain` */
  readonly promises?: boolean
  readonly args?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** sent one after the other when it listens */
  readonly requests?: ReadonlyArray<Asked>
  /** whether its fibers print side by side: where they give way by time, the order among them is the machine's */
  readonly sideBySide?: boolean
  /** whether its own requests may come in any order and number, as those of an exporter that counts time */
  readonly anyOrder?: boolean
  /** output at which it gets `signal` */
  readonly until?: RegExp
  readonly signal?: "SIGINT" | "SIGTERM"
  readonly exitCode?: number
}

export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

const main = `import { NodeRuntime } from "@effect/platform-node";`

const cli = (name: string, args: ReadonlyArray<string>, exitCode = 0): Program => ({
  name: `cli: ${name}`,
  path: "70_cli/10_basics.ts",
  args,
  exitCode
})

const bearer = { authorization: "Bearer dev-token" }

const github = [["https://api.github.com/graphql", "$SERVER/graphql"]] as const

export const programs: ReadonlyArray<Program> = [
  {
    name: "Effect.gen",
    path: "01_effect/01_basics/01_effect-gen.ts",
    edits: [["\nEffect.gen(", "\nexport const program = Effect.gen("]],
    after: `${main} NodeRuntime.runMain(Effect.suspend(() => program))`
  },
  {
    name: "Effect.fn, with a failure",
    path: "01_effect/01_basics/02_effect-fn.ts",
    after: `${main} NodeRuntime.runMain(Effect.andThen(effectFunction(42), validateBatchSize(0)))`,
    exitCode: 1
  },
  {
    name: "Effects of all kinds",
    path: "01_effect/01_basics/10_creating-effects.ts",
    promises: true,
    after: `
      const exits = await Promise.all(
        [fromValue, parsePayload("{"), parsePayload("[1]"), fetchUser(1), fetchUser(9), fromNullishHeader, fromCallback].map(
          (effect) => Effect.runPromiseExit(effect).then((exit) => (console.log(exit._tag), exit))
        )
      )
      console.log(exits)`
  },
  {
    name: "schemas",
    path: "01_effect/02_schema/10_schema-basics.ts",
    promises: true,
    after: `
      const user = { id: 1, name: "Ada", email: "ada@acme.dev", role: "admin" }
      console.log(await Effect.runPromise(Effect.flatMap(parseUserPayload(user), encodeUser)))
      console.log(await Effect.runPromise(Effect.flip(parseUserPayload({ ...user, role: "owner" }))))`
  },
  {
    name: "a service",
    path: "01_effect/03_services/01_service.ts",
    after: `${main} NodeRuntime.runMain(
      Database.use((database) => Effect.tap(database.query("SELECT 1"), Effect.log)).pipe(Effect.provide(Database.layer))
    )`
  },
  ...["true", "false"].map((inMemory): Program => ({
    name: `a layer by configuration, in memory: ${inMemory}`,
    path: "01_effect/03_services/20_layer-unwrap.ts",
    env: { MESSAGE_STORE_IN_MEMORY: inMemory, MESSAGE_STORE_URL: "https://store.acme.dev" },
    after: `${main} NodeRuntime.runMain(
      MessageStore.use((store) => Effect.andThen(store.append("hello"), Effect.flatMap(store.all, (all) => Effect.log(all)))).pipe(
        Effect.provide(MessageStore.layer)
      )
    )`
  })),
  {
    name: "a layer by configuration that is missing",
    path: "01_effect/03_services/20_layer-unwrap.ts",
    after: `${main} NodeRuntime.runMain(Effect.provide(Effect.log("never"), MessageStore.layer))`,
    exitCode: 1
  },
  {
    name: "errors by tag",
    path: "01_effect/04_errors/01_error-handling.ts",
    promises: true,
    edits: [
      [
        "declare const loadPort: (input: string) => Effect.Effect<number, ParseError | ReservedPortError>",
        `const loadPort = (input: string) =>
           input === "80" ? new ReservedPortError({ port: 80 }) : new ParseError({ input, message: "no number" })`
      ]
    ],
    after: `console.log(await Effect.runPromise(Effect.all([recovered, withFinalFallback], { concurrency: "unbounded" })))`
  },
  {
    name: "errors with reasons",
    path: "01_effect/04_errors/20_reason-errors.ts",
    promises: true,
    edits: [
      [
        "declare const callModel: Effect.Effect<string, AiError>",
        `const callModel = Effect.suspend(() => new AiError({ reason: new QuotaExceededError({ limit: 7 }) }))`
      ]
    ],
    after: `console.log(await Effect.runPromise(Effect.all([handleOneReason, handleMultipleReasons, unwrapAndHandle])))`
  },
  {
    name: "resources that are acquired and released",
    sideBySide: true,
    path: "01_effect/05_resources/10_acquire-release.ts",
    env: { SMTP_USER: "ada", SMTP_PASS: "secret" },
    after: `${main} NodeRuntime.runMain(
      Mailer.use((mailer) =>
        Effect.forEach(["ada@acme.dev", "lin@acme.dev", "nia@acme.dev"], mailer.sendWelcomeEmail, { concurrency: 2 })
      ).pipe(Effect.provide(Mailer.layer))
    )`
  },
  {
    name: "a background task in a layer, interrupted",
    path: "01_effect/05_resources/20_layer-side-effects.ts",
    edits: [["5 seconds", "1 second"]],
    until: /Background task running/,
    signal: "SIGINT",
    exitCode: 130
  },
  {
    name: "a map of layers",
    path: "01_effect/05_resources/30_layer-map.ts",
    after: `${main} NodeRuntime.runMain(program)`
  },
  {
    name: "runMain, interrupted",
    path: "01_effect/06_running/10_run-main.ts",
    until: /Working/,
    signal: "SIGTERM",
    exitCode: 130
  },
  {
    name: "HTTP: a server of two routes",
    path: "01_effect/06_running/20_layer-launch.ts",
    edits: [["port: 3000", "port: $PORT"]],
    requests: [{ path: "/health" }, { path: "/healthz" }, { path: "/nowhere" }, { method: "POST", path: "/health" }],
    signal: "SIGINT",
    exitCode: 130
  },
  {
    name: "publishing and subscribing",
    sideBySide: true,
    path: "01_effect/07_pubsub/10_pubsub.ts",
    after: `${main}
      import { Fiber } from "effect"
      const order = (orderId: string): OrderEvent => ({ _tag: "OrderPlaced", orderId })
      NodeRuntime.runMain(
        Effect.gen(function* () {
          const events = yield* OrderEvents
          const listen = (name: string, n: number) =>
            events.subscribe.pipe(Stream.take(n), Stream.runForEach((event) => Effect.log(name, event.orderId)))
          const fibers = yield* Effect.forEach([1, 2, 3], (n) => Effect.forkChild(listen(String(n), 2 * n)))
          yield* events.publish(order("a"))
          yield* events.publishAll(["b", "c", "d"].map(order))
          yield* Effect.yieldNow
          fibers.push(yield* Effect.forkChild(listen("late", 5)))
          yield* events.publish(order("e"))
          yield* events.publish(order("f"))
          yield* Fiber.joinAll(fibers)
        }).pipe(Effect.provide(OrderEvents.layer))
      )`
  },
  {
    name: "streams: creating",
    sideBySide: true,
    path: "03_stream/10_creating-streams.ts",
    edits: [
      ["30 seconds", "30 millis"],
      ["50 millis", "2 millis"],
      ["const button = document", "const button = new EventTarget()\n// document"]
    ],
    after: `${main}
      const log = (name: string, stream: Stream.Stream<unknown, unknown>) =>
        Stream.runForEach(stream, (element) => Effect.log(name, element))
      const click = Effect.sync(() => void button.dispatchEvent(new Event("click")))
      const clicks = (name: string, stream: Stream.Stream<unknown>) =>
        Stream.runForEach(Stream.take(stream, 2), () => Effect.log(name))
      NodeRuntime.runMain(
        Effect.gen(function* () {
          yield* log("numbers", numbers)
          yield* log("samples", samples)
          yield* Effect.log("jobs", yield* Stream.runFold(fetchJobsPage, () => "", (_, job) => String(job)))
          yield* Effect.all([log("letters", letters), log("node", nodeStream)], { concurrency: "unbounded" })
          yield* Effect.race(
            Effect.all([clicks("events", events), clicks("callback", callbackStream)], { concurrency: "unbounded" }),
            Effect.forever(Effect.andThen(Effect.sleep(1), click))
          )
        })
      )`
  },
  {
    name: "streams: consuming",
    path: "03_stream/20_consuming-streams.ts",
    edits: [["Math.random()", "(i % 7) / 7"]],
    after: `${main}
      NodeRuntime.runMain(
        Effect.gen(function* () {
          yield* logOrders
          const all = yield* Stream.runCollect(Stream.take(allOrders, 40))
          yield* Effect.log(all.map((order) => order.id).join())
          yield* Effect.log(...(yield* Effect.all(
            [collectedOrders, drained, totalRevenueCents, totalRevenueViaSink, firstLargeOrder, lastLargeOrder, firstTwoOrders,
              afterWarmupOrder, untilLargeOrder],
            { concurrency: 3 }
          )))
        })
      )`
  },
  {
    name: "streams: encoding",
    path: "03_stream/30_encoding.ts",
    after: `${main}
      import { Effect } from "effect"
      NodeRuntime.runMain(
        Effect.gen(function* () {
          const results = yield* Effect.all(
            { decodeUntyped, decodeTyped, encodeUntyped, encodeTyped, decodeBinary, encodeBinary, decodeIgnoringBlanks,
              handleDecodeErrors, filterAndReencode },
            { concurrency: "unbounded" }
          )
          for (const [name, result] of Object.entries(results)) yield* Effect.log(name, result)
        })
      )`
  },
  {
    name: "a managed runtime behind another framework, interrupted",
    path: "04_integration/10_managed-runtime.ts",
    after: `
      console.log(await app.request("GET", "/todos"))
      console.log(...(await Promise.all([
        app.request("POST", "/todos", JSON.stringify({ title: "write" })),
        app.request("POST", "/todos", JSON.stringify({ title: "read" })),
        app.request("POST", "/todos", "{}")
      ])))
      console.log(...(await Promise.all(["/todos/1", "/todos/9", "/todos/x", "/todos"].map((path) => app.request("GET", path)))))
      shutdown()`
  },
  {
    name: "requests in batches",
    path: "05_batching/10_request-resolver.ts",
    after: `${main} NodeRuntime.runMain(Effect.provide(batchedLookupExample, Users.layer))`
  },
  {
    name: "schedules",
    path: "06_schedule/10_schedules.ts",
    edits: [
      ["250 millis", "2 millis"],
      ["1 seconds", "3 millis"],
      ["200 millis", "1 millis"]
    ],
    after: `${main}
      import { Exit } from "effect"
      const tried = (seed: string, effect: Effect.Effect<unknown, unknown>) =>
        Effect.exit(effect).pipe(Effect.tap((exit) => Effect.log(seed, Exit.isSuccess(exit) ? exit.value : "given up")), Random.withSeed(seed))
      NodeRuntime.runMain(
        Effect.gen(function* () {
          for (const seed of ["a", "b", "c", "d", "e", "f"]) {
            yield* tried(seed, loadUserWithRetry)
            yield* tried(seed, loadUserWithInferredInput)
            yield* tried(seed, Effect.retry(Effect.tapError(fetchUserProfile(seed), (error) => Effect.log(error.status)),
              Schedule.max([instrumentedRetrySchedule, Schedule.recurs(3)])))
          }
        })
      )`
  },
  {
    name: "dates",
    path: "07_datetime/10_creating-and-formatting.ts",
    edits: [["\nEffect.gen(", "\nexport const program = Effect.gen("]],
    after: `${main} NodeRuntime.runMain(program)`
  },
  { name: "time zones", path: "07_datetime/20_time-zones.ts" },
  ...["development", "production"].map((env): Program => ({
    name: `loggers in ${env}`,
    path: "08_observability/10_logging.ts",
    env: { NODE_ENV: env },
    edits: [["app.log", "/dev/null"]],
    after: `${main}
      NodeRuntime.runMain(
        Effect.forEach([LoggerLayer, JsonLoggerLayer, WarnAndAbove, FileLoggerLayer], (layer) => Effect.provide(logCheckoutFlow, layer))
      )`
  })),
  {
    name: "traces and logs for a collector, interrupted",
    path: "08_observability/20_otlp-tracing.ts",
    edits: [["http://localhost:4318", "$SERVER"]],
    anyOrder: true,
    until: /requests: .*traces/,
    signal: "SIGINT",
    exitCode: 130
  },
  { name: "predicates", path: "10_predicate/01_basics.ts" },
  { name: "SQL: groups in a database", path: "40_sql/10_basics.ts" },
  {
    name: "HTTP: a client",
    sideBySide: true,
    path: "50_http-client/10_basics.ts",
    edits: [["https://jsonplaceholder.typicode.com", "$SERVER"]],
    after: `${main}
      NodeRuntime.runMain(
        JsonPlaceholder.use((client) =>
          Effect.gen(function* () {
            yield* Effect.log(yield* client.allTodos)
            yield* Effect.log(yield* Effect.forEach([1, 2, 3], client.getTodo, { concurrency: "unbounded" }))
            yield* Effect.log(yield* client.createTodo({ userId: 1, title: "write", completed: false }))
            yield* Effect.log(yield* client.getTodo(503))
            yield* client.getTodo(404)
          })
        ).pipe(Effect.provide(JsonPlaceholder.layer))
      )`,
    exitCode: 1
  },
  {
    name: "HTTP: an API with a database",
    path: "51_http-server/10_basics.ts",
    edits: [
      ["port: 3000", "port: $PORT"],
      ["localhost:3000", "localhost:$PORT"]
    ],
    requests: [
      { path: "/health" },
      { path: "/users" },
      { path: "/users", headers: { authorization: "Bearer wrong" } },
      { path: "/users", headers: bearer },
      { method: "POST", path: "/users", headers: bearer, body: { name: "Ada", email: "ada@acme.dev" } },
      { method: "POST", path: "/users", headers: bearer, body: { name: "" } },
      { path: "/users", headers: bearer },
      { path: "/users?search=Ada", headers: bearer },
      { path: "/users?search=a", headers: bearer },
      { path: "/users/search?search=Ada", headers: bearer },
      { path: "/users/me", headers: bearer },
      { path: "/users/019845e1-682f-4b02-a706-3b2422d13aec", headers: bearer },
      { path: "/openapi.json" },
      { path: "/docs" },
      { path: "/nowhere" }
    ],
    signal: "SIGTERM",
    exitCode: 130
  },
  {
    name: "HTTP: an API called by its client, in one process",
    sideBySide: true,
    path: "51_http-server/10_basics.ts",
    edits: [
      ["port: 3000", "port: $PORT"],
      ["localhost:3000", "localhost:$PORT"],
      ["Layer.launch(HttpServerLayer).pipe(\n  NodeRuntime.runMain\n)", ""]
    ],
    after: `
      const users = Effect.gen(function* () {
        const client = yield* ApiClient
        const created = yield* Effect.forEach(["ada", "lin", "nia"], (name) =>
          client.users.create({ payload: { name, email: \`\${name}@acme.dev\` } }))
        yield* Effect.log(created.map((user) => user.name))
        const found = yield* Effect.forEach(created, (user) => client.users.getById({ params: { id: user.id } }), { concurrency: "unbounded" })
        yield* Effect.log(found.map((user) => user.name))
      })
      NodeRuntime.runMain(
        Effect.andThen(callApi, users).pipe(Effect.provide(ApiClient.layer), Effect.provide(HttpServerLayer))
      )`
  },
  {
    name: "GraphQL: pages",
    path: "52_graphql/10_basics.ts",
    edits: github,
    env: { GITHUB_TOKEN: "token" },
    after: `${main} NodeRuntime.runMain(program)`
  },
  {
    name: "GraphQL: batches",
    path: "52_graphql/30_batching.ts",
    edits: github,
    imports: { "52_graphql/10_basics.ts": github },
    env: { GITHUB_TOKEN: "token" },
    after: `${main} NodeRuntime.runMain(Effect.flatMap(program, (names) => Effect.log(names)))`
  },
  {
    name: "GraphQL: errors and retries",
    path: "52_graphql/50_errors-and-retries.ts",
    imports: { "52_graphql/10_basics.ts": github },
    env: { GITHUB_TOKEN: "token" },
    edits: [["1 second", "2 millis"]],
    after: `${main} NodeRuntime.runMain(program)`
  },
  {
    name: "child processes",
    path: "60_child-process/10_working-with-child-processes.ts",
    edits: [["pnpm", "no-such-command"]],
    after: `${main}
      NodeRuntime.runMain(
        Effect.andThen(program, DevTools.use((tools) => tools.runLintFix)).pipe(Effect.provide(DevTools.layer))
      )`,
    exitCode: 1
  },
  cli("help", ["--help"]),
  cli("version", ["--version"]),
  cli("create", ["-v", "-w", "team-a", "create", "Ship 4.0", "--priority", "high", "--assignee", "dev@acme.com"]),
  cli("a wrong option", ["create", "Ship 4.0", "--priority", "urgent"], 1),
  cli("list", ["--workspace", "team-b", "ls", "--status", "all"]),
  cli("list as JSON", ["list", "--json"]),
  cli("nothing", [], 0),
  {
    name: "cluster: entities",
    sideBySide: true,
    path: "80_cluster/10_entities.ts",
    edits: [
      ["declare const SqlClientLayer: Layer.Layer<SqlClient.SqlClient>", ""],
      ["const ClusterLayer = NodeClusterSocket.layer().pipe(\n  Layer.provide(SqlClientLayer)\n)", ""],
      ["const ProductionLayer = EntitiesLayer.pipe(\n  Layer.provide(ClusterLayer)\n)", ""],
      ["Layer.launch(ProductionLayer).pipe(\n  NodeRuntime.runMain\n)", ""]
    ],
    after: `
      const several = Effect.gen(function* () {
        const clientFor = yield* Counter.client
        yield* Effect.forEach(["a", "b", "c"], (id) =>
          Effect.forEach([1, 2, 3], (amount) =>
            Effect.flatMap(clientFor(id).Increment({ amount }), (count) => Effect.log(id, amount, count))),
          { concurrency: "unbounded" })
      })
      NodeRuntime.runMain(Effect.andThen(useCounter, several).pipe(Effect.provide(TestLayer)))`
  }
]

/** The documentation's tests, which `@effect/vitest` runs. */
export const suites = [
  "09_testing/10_effect-tests.ts",
  "09_testing/20_layer-tests.ts",
  "51_http-server/20_testing.ts",
  "52_graphql/20_testing.ts"
]

/** What does not run, and why. */
export const left: Readonly<Record<string, string>> = {
  "01_effect/03_services/10_reference.ts": "defines a reference, and nothing runs",
  "01_effect/03_services/20_layer-composition.ts": "needs a PostgreSQL server",
  "01_effect/04_errors/10_catch-tags.ts": "the same as 01_error-handling, of a function that is only declared",
  "52_graphql/40_aliased-batching.ts": "the same as 30_batching, by another document",
  "71_ai/10_language-model.ts": "needs a language model behind the network",
  "71_ai/20_tools.ts": "needs a language model behind the network",
  "71_ai/30_chat.ts": "needs a language model behind the network"
}
