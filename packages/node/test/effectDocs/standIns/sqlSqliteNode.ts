/**
 * Instead of `@effect/sql-sqlite-node`, which is not installed: Effect's own SQL client over Node's `node:sqlite`, with one
 * connection and without streams.
 */
import { DatabaseSync } from "node:sqlite"
import type { SQLInputValue } from "node:sqlite"
import { Context, Effect, Layer, Semaphore, Stream } from "effect"
import { Reactivity } from "effect/reactivity"
import { Migrator, SqlClient as Client, SqlError, Statement } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"

const connection = (database: DatabaseSync): Connection => {
  const run = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.try({
      try: () => database.prepare(sql).all(...(params as ReadonlyArray<SQLInputValue>)),
      catch: (cause) =>
        new SqlError.SqlError({
          reason: new SqlError.UnknownError({ cause, message: "it failed", operation: "execute" })
        })
    })
  const rows: Connection["execute"] = (sql, params, transform) =>
    Effect.map(run(sql, params), (found) => (transform === undefined ? found : transform(found)))
  const values = (sql: string, params: ReadonlyArray<unknown>) =>
    Effect.map(run(sql, params), (found) => found.map((row) => Object.values(row)))
  return {
    execute: rows,
    executeRaw: run,
    executeStream: () => Stream.die("no streams here"),
    executeValues: values,
    executeValuesUnprepared: values,
    executeUnprepared: rows
  }
}

const client = (options: { readonly filename: string }) =>
  Effect.gen(function* () {
    const database = yield* Effect.acquireRelease(
      Effect.sync(() => new DatabaseSync(options.filename)),
      (database) => Effect.sync(() => database.close())
    )
    const acquirers = Client.makeSqliteAcquirers({
      connection: Effect.succeed(connection(database)),
      semaphore: yield* Semaphore.make(1)
    })
    return yield* Client.make({
      ...acquirers,
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      spanAttributes: [["db.system.name", "sqlite"]]
    })
  })

export const SqliteClient = {
  layer: (options: { readonly filename: string }) =>
    Layer.effectContext(Effect.map(client(options), (made) => Context.make(Client.SqlClient, made))).pipe(
      Layer.provide(Reactivity.layer)
    )
}

const migrate = Migrator.make({})

export const SqliteMigrator = {
  fromRecord: Migrator.fromRecord,
  layer: (options: Parameters<typeof migrate>[0]) => Layer.effectDiscard(migrate(options))
}
