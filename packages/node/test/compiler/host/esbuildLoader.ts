/** TypeScript for webpack in the tests, composing source maps, as `ts-loader` or `swc-loader` does in a service. */
import { transform } from "esbuild"

interface Loader {
  readonly resourcePath: string
  readonly async: () => (error: unknown, code?: string, map?: unknown) => void
}

function load(this: Loader, source: string, before?: object): void {
  const done = this.async()
  const encoded = Buffer.from(JSON.stringify(before ?? {})).toString("base64")
  const mapped =
    before === undefined ? source : `${source}\n//# sourceMappingURL=data:application/json;base64,${encoded}`
  transform(mapped, { loader: "ts", target: "esnext", sourcefile: this.resourcePath, sourcemap: true }).then(
    ({ code, map }) => done(null, code, JSON.parse(map)),
    done
  )
}

export default load
