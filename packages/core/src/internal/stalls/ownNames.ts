/**
 * The names of Giveway's own fibers. A program's span is not called so, and a name is known wherever a fiber is: in the
 * beacon, in the watching thread, in a dump from another process.
 *
 * Nothing here imports Effect: it loads in the watching thread.
 *
 * Decision 0102.
 */
const prefix = "giveway: "

/** The name of the fibers that do this `part` of Giveway's work. */
export const nameFor = (part: string): string => `${prefix}${part}`

/** Building Giveway's layers: threads are started, modules are loaded. */
export const start: string = nameFor("start")

/** The fiber that publishes stalls and logs them. It runs the program's own loggers. */
export const logs: string = nameFor("logs")

/**
 * Whether a name is that of work of Giveway's own.
 *
 * @category reports
 * @since 0.1.0
 */
export const isOwn = (name: string | undefined): boolean => name?.startsWith(prefix) === true
