/**
 * Modules that start a program: as the program's main module, and as a module with tasks in a bundle.
 */
import { assert, describe, it } from "vitest"
import { compile } from "../../../src/compiler/host/compile.ts"
import { isGuarded } from "../../../src/compiler/host/mainGuard.ts"

describe("a main module", () => {
  it.each([
    ["if (import.meta.main) start()", true],
    ["import.meta.main && start()", true],
    ["const program = 1; if (isMainThread) { start() } else { other() }", true],
    ["if (threadId === 0) await start()", true],
    ["if (require.main === module) start()", true],
    ["if (process.argv[1] === fileURLToPath(import.meta.url)) start()", true],
    // a text that only a loader understands
    ["enum Mode { A }\nif (import.meta.main) start()", true],
    ["start()", false],
    ["// import.meta.main\nstart()", false],
    // of a dependency that is in the bundle
    ["const log = () => (isMainThread ? toFile() : toMain()); start()", false],
    ["const name = isMainThread ? 1 : 2; start()", false],
    ["if (isMainThread) dependency(); Giveway.runMain(program)", false],
    ["const t = Task.make(import.meta.url, 'main', options, handler); start()", false]
  ])("that is `%s` may be evaluated on a worker: %s", (text, may) => {
    assert.strictEqual(isGuarded(text, "main.ts"), may)
  })
})

const task = `export const t = Task.make(import.meta.url, "t", options, () => 1)`
const compiled = (lines: ReadonlyArray<string>) =>
  compile(lines.join("\n"), { file: "/app/tasks.ts", urlOfTasks: () => `"file:///out/tasks.js"` })

describe("a module with tasks", () => {
  it.each([
    ["Task of the whole package", [`import { Task } from "@giveway/core"`, task]],
    ["Task of its own path", [`import * as Task from "@giveway/core/Task"`, task]],
    [
      "a constant",
      [`import { Task } from "@giveway/core"`, "const here = import.meta.url", task.replace("import.meta.url", "here")]
    ],
    [
      "a generator",
      [
        `import { Task } from "@giveway/core"`,
        `export const t = Task.stream(import.meta.url, "t", options, function* () {})`
      ]
    ],
    [
      "a program that another module starts",
      [
        `import { Task } from "@giveway/core"`,
        `import { Giveway } from "@giveway/node"`,
        task,
        "export const start = () => Giveway.runMain(program)"
      ]
    ],
    [
      "a program under a guard",
      [
        `import { Task } from "@giveway/core"`,
        `import { Giveway } from "@giveway/node"`,
        task,
        "if (import.meta.main) Giveway.runMain(program)"
      ]
    ],
    [
      "effects that it runs without a pool",
      [`import { Task } from "@giveway/core"`, task, "export const model = await Effect.runPromise(load)"]
    ]
  ])("gets its own URL: %s", (_, lines) => {
    const { code, diagnostics } = compiled(lines)
    assert.deepStrictEqual(diagnostics, [])
    assert.match(code, /const \$ymoduleUrl = "file:\/\/\/out\/tasks\.js"/)
    assert.match(code, /Task\.(?:make|stream)\(\$ymoduleUrl, "t"/)
  })

  it.each([
    ["Giveway.runMain(program)"],
    ["program.pipe(Giveway.runMain)"],
    ["await runtime.runPromiseExit(program)"],
    ["if (process.env.PORT) Giveway.runMain(program)"]
  ])("that starts a program keeps import.meta.url, with a warning: %s", (start) => {
    const { code, diagnostics } = compiled([
      `import { Task } from "@giveway/core"`,
      `import { Giveway } from "@giveway/node"`,
      task,
      start
    ])
    assert.include(code, "Task.make(import.meta.url")
    assert.lengthOf(diagnostics, 1)
    assert.strictEqual(diagnostics[0]!.line, 4)
    assert.match(diagnostics[0]!.reason, /begin again on each worker/)
  })

  it("of another module's URL is left alone", () => {
    const lines = [
      `import { Task } from "@giveway/core"`,
      task.replace("import.meta.url", `import.meta.resolve("./x.ts")`)
    ]
    assert.notInclude(compiled(lines).code, "moduleUrl")
  })

  it("outside of a bundle keeps import.meta.url", () => {
    const { code } = compile(`import { Task } from "@giveway/core"\n${task}`, { file: "/app/tasks.ts" })
    assert.include(code, "Task.make(import.meta.url")
  })
})
