import { assert, describe, it } from "@effect/vitest"
import * as access from "../../../src/diagnostics/http/access.ts"

const refusedOn = (headers: Record<string, string>, token?: string, query = "", path = "/fibers"): number | undefined =>
  access.refusal(token, headers, new URLSearchParams(query), path)?.status

const token = "a token; with signs"
const encoded = `${access.cookieName}=${encodeURIComponent(token)}`

describe("access", () => {
  it("without a token is for loopback names only", () => {
    for (const host of ["localhost:9464", "LOCALHOST", "127.0.0.1:9464", "127.1.2.3", "[::1]:9464"]) {
      assert.isUndefined(refusedOn({ host }), host)
    }
    for (const host of [
      "evil.example",
      "127.0.0.1.evil.example:9464",
      "evil.example:127.0.0.1",
      "localhost.evil.example",
      "",
      "10.0.0.1",
      "0.0.0.0:9464",
      "127.0.0.1, evil.example"
    ]) {
      assert.strictEqual(refusedOn({ host }), 403, host)
    }
    assert.strictEqual(refusedOn({}), 403)
  })

  it("with a token is for who knows it, wherever it is sent", () => {
    assert.isUndefined(refusedOn({ host: "any", authorization: `Bearer ${token}` }, token))
    assert.isUndefined(refusedOn({ host: "any", cookie: `other=1; ${encoded}` }, token))
    assert.isUndefined(refusedOn({ host: "any" }, token, `token=${encodeURIComponent(token)}`))
    assert.strictEqual(refusedOn({ host: "127.0.0.1" }, token), 401)
    assert.strictEqual(refusedOn({ host: "any", authorization: "Bearer a token" }, token), 401)
  })

  it("is not lost by cookies of other servers of the same host, nor by one that cannot be decoded", () => {
    for (const cookie of [`${access.cookieName}=%; ${encoded}`, `${encoded};${access.cookieName}=other`]) {
      assert.isUndefined(refusedOn({ cookie }, token), cookie)
    }
    for (const cookie of ["%", "%ff", "%E0%A4%A", "", "="]) {
      assert.strictEqual(refusedOn({ cookie: `${access.cookieName}=${cookie}` }, token), 401, cookie)
    }
  })

  it("is not for pages of other sites or ports, with or without a token: they may link to the page", () => {
    const host = "127.0.0.1:9464"
    const authorization = `Bearer ${token}`
    const link = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }
    for (const given of [undefined, token]) {
      const on = (headers: Record<string, string>, path?: string) =>
        refusedOn({ host, authorization, ...headers }, given, "", path)
      for (const site of ["none", "same-origin"]) assert.isUndefined(on({ "sec-fetch-site": site }))
      for (const site of ["cross-site", "same-site", "cross-site, none"]) {
        assert.strictEqual(on({ "sec-fetch-site": site }), 403)
        assert.strictEqual(on({ "sec-fetch-site": site }, "/"), 403)
        assert.isUndefined(on({ "sec-fetch-site": site, ...link }, "/"))
        assert.strictEqual(on({ "sec-fetch-site": site, ...link }, "/fibers"), 403)
        assert.strictEqual(on({ "sec-fetch-site": site, ...link, "sec-fetch-dest": "iframe" }, "/"), 403)
      }
      assert.isUndefined(on({ origin: `http://${host}` }))
      for (const origin of [
        "null",
        "",
        "http://127.0.0.1:3000",
        "https://evil.example",
        `http://${host}.evil.example`
      ]) {
        assert.strictEqual(on({ origin }), 403, origin)
      }
    }
  })
})
