import { assert, it } from "vitest"
import * as sharedClock from "../../src/wire/sharedClock.ts"

it.each([-86_400_000, 0, 86_400_000])(
  "a thread reads the clock of another one, whose origin was read when the wall clock was %d ms off",
  (offMs) => {
    const here = sharedClock.origin()
    const read = sharedClock.clockOf({ ...here, origin: here.origin + offMs })
    const [before, seen, after] = [sharedClock.now(), read(), sharedClock.now()]
    // a ms for the two readings of which an origin is made
    assert.isAtLeast(seen, before + offMs - 1)
    assert.isAtMost(seen, after + offMs + 1)
  }
)
