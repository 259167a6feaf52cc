/**
 * Options from code and configuration together: the code says some, and the configuration says the rest under names that
 * Giveway has for them.
 *
 * A name is a path of segments, as in GIVEWAY, COMPUTE, MAX_WORKERS. The environment joins them with `_`
 * (`GIVEWAY_COMPUTE_MAX_WORKERS`), and structured configuration nests them (`{ GIVEWAY: { COMPUTE: { MAX_WORKERS: 4 } } }`).
 */
import * as Config from "effect/Config"
import { isPlain } from "./fields.ts"

/**
 * The configs of some options, each of them optional. A group of options is a group of configs.
 *
 * @category models
 * @since 0.1.0
 */
export type Environment<Options> = {
  readonly [K in keyof Options]?: Config.Config<Options[K] | undefined> | Environment<NonNullable<Options[K]>>
}

/**
 * A config that may be missing.
 *
 * @category configuration
 * @since 0.1.0
 */
export const optional = <A>(config: Config.Config<A>): Config.Config<A | undefined> =>
  Config.withDefault(config, undefined as A | undefined)

/**
 * Each config of the options of a part of Giveway, below `GIVEWAY` and the segment of the part.
 *
 * @category configuration
 * @since 0.1.0
 */
export const partOf = <const Group>(part: string, configs: Group): Group => group("GIVEWAY", group(part, configs))

/**
 * Each config of a group of options, below its segment.
 *
 * @category configuration
 * @since 0.1.0
 */
export const group = <const Group>(segment: string, configs: Group): Group =>
  mapConfigs(configs, Config.nested(segment)) as Group

/**
 * The options that `given` and `environment` make together. An option that was given is not looked up. A `Config` that was
 * given for a whole group stands for the group.
 *
 * @category configuration
 * @since 0.1.0
 */
export const combined = <Options>(
  given: Config.Wrap<Options | undefined> | undefined,
  environment: Environment<Options>
): Config.Config<Options> => Config.unwrap(merge(given, environment) as Config.Wrap<Options>)

type Tree = Readonly<Record<string, unknown>>

/** What is neither a config nor a group of them is taken as it is: the reader of the options refuses it by its name. */
const merge = (given: unknown, environment: unknown): unknown => {
  try {
    if (given === undefined) return environment
    if (Config.isConfig(given)) return given
    if (!isGroup(given)) return Config.succeed(given)
    const tree: Record<string, unknown> = isGroup(environment) ? { ...environment } : {}
    for (const [name, config] of Object.entries(given)) {
      if (config !== undefined) tree[name] = merge(config, tree[name])
    }
    return tree
  } catch {
    return Config.succeed(given)
  }
}

const mapConfigs = (tree: unknown, f: (config: Config.Config<unknown>) => Config.Config<unknown>): unknown =>
  Config.isConfig(tree)
    ? f(tree)
    : Object.fromEntries(Object.entries(tree as Tree).map(([name, config]) => [name, mapConfigs(config, f)]))

const isGroup = (tree: unknown): tree is Tree =>
  typeof tree === "object" && tree !== null && !Array.isArray(tree) && !Config.isConfig(tree) && isPlain(tree)
