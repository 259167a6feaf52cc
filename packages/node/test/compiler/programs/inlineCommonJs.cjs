/** Inline work in a CommonJS file, which the compiler leaves alone. Prints the error. */
const { Compute } = require("@giveway/core")
const { NodeCompute } = require("@giveway/node")
const { Effect } = require("effect")

const double = Compute.fn((n) => n * 2)

const failed = Effect.flip(double(4)).pipe(Effect.provide(NodeCompute.layer({ maxWorkers: 1 })))
Effect.runPromise(failed).then(({ _tag, message }) => console.log(`${_tag}: ${message}`))
