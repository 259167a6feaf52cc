/**
 * A small service, for the environments in which programs run: a job, a failing job, a stall, a cancelled job. It prints what
 * became of them.
 */
if (process.env["CALL_SITES"] !== undefined) {
  Object.assign(Error, { prepareStackTrace: (_: Error, sites: ReadonlyArray<unknown>) => sites })
}
if (process.env["READ_ONLY"] !== undefined) {
  Object.defineProperty(Error, "stackTraceLimit", { value: 10, writable: false })
}
const { Compute, Supervision } = await import("@giveway/core")
const { Giveway } = await import("@giveway/node")
const { Effect } = await import("effect")
const { add, fails, forever } = await import("../tasks/service.ts")

const held = (): void => {
  for (const end = performance.now() + 300; performance.now() < end;) Math.sqrt(end)
}

const program = Effect.gen(function* () {
  console.log("sum", yield* Compute.run(add, { a: 1, b: 2 }))
  console.log("failed with", (yield* Effect.flip(Compute.run(fails, undefined)))._tag)
  console.log("settled", (yield* Effect.flip(Compute.run(forever, undefined, { timeout: "500 millis" })))._tag)
  console.log("killed", (yield* Compute.statistics).killed)
  const { recent } = yield* Supervision.Supervision
  // where other processes have the cores, a stall is theirs
  while (!(yield* recent).some(({ hog }) => hog.name === "held")) {
    yield* Effect.sync(held).pipe(Effect.withSpan("held"))
    yield* Effect.sleep("100 millis")
  }
  console.log("recorded")
})

Giveway.runMain(program, { compute: { maxWorkers: 1, grace: "5 seconds" }, sysmon: { grace: "0 millis" } })
