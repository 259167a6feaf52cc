/**
 * The system call of a sleeping thread, as Linux shows it.
 */
import { assert, it } from "vitest"
import { callOf } from "../../src/watch/threadTimes.ts"

const isKnown = ["x64", "arm64"].includes(process.arch)
const [poll, lock] = process.arch === "arm64" ? ["22", "98"] : ["281", "202"]

it.for(
  isKnown
    ? [
        [
          `${poll} 0x11 0x7ffc 0x400 0x1388 0x0 0x8 0x7ffc 0x7f0d`,
          { call: `${poll} 0x11`, isPoll: true, isLock: false }
        ],
        [`${lock} 0x7f 0x80 0x0 0x0 0x0 0x0 0x7ffc 0x7f0d`, { call: `${lock} 0x7f`, isPoll: false, isLock: true }],
        [`0 0x3 0x7f0d 0x20000 0x7f0d 0x0 0x0 0x7ffc 0x7f0d`, { call: "0 0x3", isPoll: false, isLock: false }]
      ]
    : []
)("%s", ([text, expected]) => {
  assert.deepStrictEqual(callOf(text as string), expected as ReturnType<typeof callOf>)
})

it("is none in a thread that runs, or sleeps in no call, or where the text is another", () => {
  for (const text of ["running\n", "-1 0x7ffc 0x7f0d\n", "", "\n", "EPERM", "232"])
    assert.isUndefined(callOf(text), text)
})
