import { assert, it } from "@effect/vitest"
import * as requestTarget from "../../../src/diagnostics/http/requestTarget.ts"

it("a target is a path and a query, whatever follows the first /", () => {
  const read = (url: string) => {
    const target = requestTarget.parse(url)
    return target === undefined ? undefined : [target.path, target.query.toString()]
  }
  assert.deepStrictEqual(read("/metrics"), ["/metrics", ""])
  assert.deepStrictEqual(read("/?token=a%20b?c"), ["/", "token=a+b%3Fc"])
  assert.deepStrictEqual(read("//"), ["//", ""])
  assert.deepStrictEqual(read("//[/fibers"), ["//[/fibers", ""])
  assert.deepStrictEqual(read("/?%"), ["/", "%25="])
  for (const url of ["*", "", "http://[", "http://127.0.0.1/metrics", "a:1"]) assert.isUndefined(read(url), url)
  assert.isUndefined(requestTarget.parse(undefined))
})
