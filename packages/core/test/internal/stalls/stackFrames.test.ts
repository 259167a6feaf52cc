import { assert, describe, it } from "@effect/vitest"
import { asksKernel, frames, inRuntime, placeOf } from "../../../src/internal/stalls/stackFrames.ts"

const surroundings = { cwd: "/app", own: ["/app/node_modules/@giveway/core/dist/", "/lib/giveway/src/"] }

describe("placeOf", () => {
  it("is the innermost frame of the program: not the question, not Node, not Giveway, not a dependency", () => {
    const stack = `Error: held
    at stackHere (file:///lib/giveway/src/internal/diagnose.ts:34:19)
    at <anonymous>:1:46
    at get performance (node:internal/util:638:17)
    at decode (/app/node_modules/jpeg-js/lib/decoder.js:900:12)
    at resample (file:///app/src/my%20photos/resize.ts:41:8)
    at handler (file:///app/src/main.ts:7:3)
    at FiberImpl.runLoop (file:///app/node_modules/effect/dist/internal/effect.js:476:97)`
    assert.deepStrictEqual(placeOf(stack, surroundings), {
      file: "src/my photos/resize.ts",
      line: 41,
      function: "resample"
    })
  })

  it("is the dependency if nothing else is on the stack, and Effect never", () => {
    const stack = `Error
    at Object.parse [as run] (/app/node_modules/yaml/parse.js:10:1)
    at FiberImpl.runLoop (file:///app/node_modules/effect/dist/internal/effect.js:476:97)`
    assert.deepStrictEqual(placeOf(stack, surroundings), {
      file: "node_modules/yaml/parse.js",
      library: "yaml",
      line: 10,
      function: "Object.parse"
    })
    assert.isUndefined(placeOf(stack.split("\n").slice(2).join("\n"), surroundings))
    assert.isUndefined(placeOf("", surroundings))
  })

  it("reads the forms that V8 prints", () => {
    const stack = `Error
    at /app/src/a.ts:1:2
    at async /app/src/b.ts:3:4
    at async load (file:///app/src/c.ts:5:6)
    at new Photo (/app/src/d.ts:7:8)
    at Array.map (<anonymous>)
    at C:\\app\\e.ts:9:10`
    assert.deepStrictEqual(
      frames(stack).map(({ file, function: name, line }) => [file, line, name]),
      [
        ["/app/src/a.ts", 1, undefined],
        ["/app/src/b.ts", 3, undefined],
        ["/app/src/c.ts", 5, "load"],
        ["/app/src/d.ts", 7, "Photo"],
        ["C:\\app\\e.ts", 9, undefined]
      ]
    )
  })
})

describe("asksKernel", () => {
  it("is true of functions of Node's that are system calls, when they are innermost", () => {
    const under = (frame: string): string =>
      `Error: held\n    at stackHere (file:///lib/giveway/src/internal/stackHere.ts:21:19)\n    at <anonymous>:1:46\n${frame}\n    at run (/app/src/a.ts:1:2)`
    const told = [
      "    at Object.writeSync (node:fs:911:3)",
      "    at spawnSync (node:internal/child_process:1110:20)",
      "    at check (node:internal/fs/utils:10:1)",
      "    at Buffer.slice (node:buffer:600:1)\n    at execFileSync (node:child_process:900:5)",
      "    at pbkdf2Sync (node:internal/crypto/pbkdf2:80:1)",
      "    at parse (/app/src/fs/parse.ts:3:1)"
    ].map((frame) => [asksKernel(under(frame), surroundings), inRuntime(under(frame), surroundings)])
    assert.deepStrictEqual(told, [
      [true, true],
      [true, true],
      [true, true],
      [true, true],
      [false, true],
      [false, false]
    ])
    assert.isFalse(asksKernel("", surroundings))
  })
})
