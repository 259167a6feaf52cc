/**
 * The form in which a schema's values cross a thread boundary: its own encoded form where a structured clone keeps it, else
 * that of its JSON codec.
 *
 * A structured clone drops prototypes, so an encoded `Option` or `Chunk` would arrive as a bare object and fail to
 * decode. The schema shows whether that can happen, and it is decided once per task: its encoded side then has a
 * declaration that the clone does not know, and that has a JSON form. `Uint8Array`, `Date`, `Map`, `Set`, `RegExp` and
 * `bigint` cross as they are. Only a schema with one of the other declarations pays for JSON, for all its fields.
 *
 * A value of plain data that its schema does not change is validated where it is sent, and not again where it arrives: the
 * copy equals it.
 *
 * Rejected: JSON always (base64 for each image); a codec derived field by field (Effect keeps the means to rewrite an
 * AST to itself).
 *
 * Decision 0020.
 */
import { shared } from "../copies/sharedState.ts"
import type * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { Definition, PlainCodec } from "./taskDefinition.ts"

type Conversion = (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>

/** The six conversions of a task. Each yields an `Exit` unless its schema is asynchronous. */
export interface TaskCodec {
  readonly encodePayload: Conversion
  readonly decodePayload: Conversion
  readonly encodeSuccess: Conversion
  readonly decodeSuccess: Conversion
  readonly encodeError: Conversion
  readonly decodeError: Conversion
}

const codecs = new WeakMap<Definition, TaskCodec>()

export const of = (task: Definition): TaskCodec => {
  let codec = codecs.get(task)
  if (codec === undefined) {
    const payload = wireSchema(task.payload)
    const success = wireSchema(task.success)
    const error = wireSchema(task.error)
    codec = {
      encodePayload: encoderOf(payload),
      decodePayload: decoderOf(payload),
      encodeSuccess: encoderOf(success),
      decodeSuccess: decoderOf(success),
      encodeError: encoderOf(error),
      decodeError: checks.has(error) ? Exit.succeed : Schema.decodeUnknownEffect(error)
    }
    codecs.set(task, codec)
  }
  return codec
}

const wireSchema = (schema: PlainCodec): PlainCodec =>
  survivesClone(SchemaAST.toEncoded(schema.ast), new Set()) ? schema : Schema.toCodecJson(schema)

/** Schemas of plain data of any shape, with their checks. */
const checks = shared("checks/1", () => new WeakMap<PlainCodec, (value: unknown) => boolean>())

/** From now on `schema`, which changes nothing, sees only values that fail `check`, to name their fault. */
export const checkedBy = (schema: PlainCodec, check: (value: unknown) => boolean): PlainCodec => {
  checks.set(schema, check)
  return schema
}

const encoderOf = (schema: PlainCodec): Conversion => {
  const check = checks.get(schema)
  const encode = Schema.encodeUnknownEffect(schema)
  return check === undefined ? encode : (value) => (check(value) ? Exit.succeed(value) : encode(value))
}

const decoderOf = (schema: PlainCodec): Conversion =>
  checks.has(schema) || isPlain(schema.ast) ? Exit.succeed : Schema.decodeUnknownEffect(schema)

/** Whether encoding only validates, and a valid value equals its copy: no transformations, no classes. */
const isPlain = (ast: SchemaAST.AST): boolean => SchemaAST.flip(ast) === ast && holdsNoObjectsOfClasses(ast)

const holdsNoObjectsOfClasses = (ast: SchemaAST.AST): boolean => {
  switch (ast._tag) {
    case "Objects":
      return (
        ast.propertySignatures.every(({ type }) => holdsNoObjectsOfClasses(type)) &&
        ast.indexSignatures.every(({ type }) => holdsNoObjectsOfClasses(type))
      )
    case "Arrays":
      return ast.elements.every(holdsNoObjectsOfClasses) && ast.rest.every(holdsNoObjectsOfClasses)
    case "Union":
      return ast.types.every(holdsNoObjectsOfClasses)
    case "Declaration":
    case "Suspend":
    case "Symbol":
    case "UniqueSymbol":
      return false
    default:
      return true
  }
}

/** Declarations of Effect that a structured clone keeps, by the id of their representation. */
const cloneable = new Set(
  ["Uint8Array", "Date", "ReadonlyMap", "ReadonlySet", "RegExp", "Error"].map((name) => `effect/schema/${name}`)
)

const survivesClone = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST>): boolean => {
  if (seen.has(ast)) return true
  seen.add(ast)
  const all = (asts: ReadonlyArray<SchemaAST.AST>): boolean => asts.every((ast) => survivesClone(ast, seen))
  switch (ast._tag) {
    case "Declaration": {
      const annotations = ast.annotations as
        | {
            readonly toCodec?: unknown
            readonly toCodecJson?: unknown
            readonly representation?: { readonly id?: string }
          }
        | undefined
      if (cloneable.has(annotations?.representation?.id ?? "")) return all(ast.typeParameters)
      return annotations?.toCodec === undefined && annotations?.toCodecJson === undefined
    }
    case "Objects":
      return (
        all(ast.propertySignatures.map((property) => property.type)) &&
        all(ast.indexSignatures.map((signature) => signature.type))
      )
    case "Arrays":
      return all(ast.elements) && all(ast.rest)
    case "Union":
      return all(ast.types)
    case "Suspend":
      return survivesClone(SchemaAST.toEncoded(ast.thunk()), seen)
    case "Symbol":
    case "UniqueSymbol":
      return false
    default:
      return true
  }
}
