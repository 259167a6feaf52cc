/** Instead of `hono`, which is not installed: routes with one parameter at most, and `request`, which calls them. */
class Context {
  readonly req: { readonly param: (name: string) => string; readonly json: () => Promise<unknown> }

  constructor(value: string, body: string | undefined) {
    this.req = { param: () => value, json: async () => JSON.parse(body ?? "") as unknown }
  }

  json(value: unknown, status = 200): { readonly status: number; readonly body: string } {
    return { status, body: JSON.stringify(value) }
  }
}

type Handler = (context: Context) => Promise<{ readonly status: number; readonly body: string }>

export class Hono {
  private readonly routes: Array<readonly [method: string, pattern: RegExp, handler: Handler]> = []

  private add(method: string, path: string, handler: Handler): void {
    this.routes.push([method, new RegExp(`^${path.replace(/:\w+/, "([^/]+)")}$`), handler])
  }

  get(path: string, handler: Handler): void {
    this.add("GET", path, handler)
  }

  post(path: string, handler: Handler): void {
    this.add("POST", path, handler)
  }

  async request(method: string, path: string, body?: string): Promise<string> {
    for (const [of, pattern, handler] of this.routes) {
      const match = pattern.exec(path)
      if (of !== method || match === null) continue
      const answer = await handler(new Context(match[1] ?? "", body))
      return `${method} ${path}: ${answer.status} ${answer.body}`
    }
    return `${method} ${path}: 404`
  }
}
