/** Places that a module's top level takes, for `place.test.ts`. */
import * as place from "../../../src/internal/modules/place.ts"

const at = () => place.here(import.meta.url, at)

export const make = () => at()

export const direct = make()

export const mapped = [1, 2].map(() => make())

// oxlint-disable-next-line no-extraneous-class -- a class that is evaluated, for the frame of its initializer
class Holder {
  static readonly place = make()
}

export const inClass = Holder.place
