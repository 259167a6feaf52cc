/**
 * Reads a V8 stack as text: its frames, and the place in the user's code that is to blame.
 *
 * The place is the innermost frame of the program: not of Node, of a dependency or of Giveway. If the stack has frames of
 * dependencies only, the innermost of those is the place: any name is better than none.
 */

/**
 * A position in source code.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Position {
  /** relative to the working directory if it lies below it */
  readonly file: string
  readonly line: number
  readonly function: string | undefined
  /** the package, if it is code of a dependency: the stack has no frame of the program's own */
  readonly library?: string | undefined
}

/**
 * A frame of a stack: the path of its file is absolute.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Frame extends Position {
  readonly column: number | undefined
  /** whether it awaits the frame before it, so it does not run */
  readonly isAsync: boolean
}

/**
 * Characters of a line that are read: far more than a line of real code has. A program may give a function a name of any
 * length, with text in it that looks like a place, and the pattern below tries each.
 */
const longestLine = 2000

/** The beginning and the end of a longer line: its name, cut, and its place. */
const readable = (line: string): string =>
  line.length <= longestLine ? line : `${line.slice(0, longestLine / 4)}…${line.slice(-longestLine / 2)}`

const frameOf = (line: string): Frame | undefined => {
  const text = readable(line)
  const match =
    /^\s*at (async )?(?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:[\\/]|node:|evalmachine)[^)]*?):(\d+)(?::(\d+))?\)?$/.exec(
      text
    )
  if (match === null) return undefined
  const name = match[2]?.replace(/ \[as .*\]$/, "").replace(/^new /, "")
  return {
    file: match[3]!,
    line: Number(match[4]),
    column: match[5] === undefined ? undefined : Number(match[5]),
    function: name === undefined || name === "<anonymous>" ? undefined : name,
    isAsync: match[1] !== undefined
  }
}

const pathOf = (file: string): string => {
  if (!file.startsWith("file://")) return file
  try {
    return decodeURIComponent(new URL(file).pathname)
  } catch {
    return file
  }
}

/**
 * All frames of a stack that have a position, innermost first.
 *
 * @category reports
 * @since 0.1.0
 */
export const frames = (stack: string): ReadonlyArray<Frame> =>
  stack.split("\n").flatMap((text) => {
    const frame = frameOf(text)
    return frame === undefined ? [] : [{ ...frame, file: pathOf(frame.file) }]
  })

/**
 * Folders of code that must not be blamed, and the working directory, to which paths are shown relative.
 *
 * @category reports
 * @since 0.1.0
 */
export interface Surroundings {
  readonly cwd: string
  /** folders of Giveway's own code, as paths that end in a slash */
  readonly own: ReadonlyArray<string>
}

const relative = (file: string, cwd: string): string => (file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file)

/** Node's loop over microtasks and `process.nextTick` callbacks. */
const tickLoop = "processTicksAndRejections"

/**
 * Whether a stack begins in a microtask or a `process.nextTick` callback: all other callbacks have a function of Node's own at
 * the bottom. A stack that is cut off may begin anywhere.
 */
export const inMicrotask = (stack: string): boolean => {
  const all = frames(stack)
  const bottom = all.at(-1)
  if (bottom === undefined || all.length >= deepest) return false
  return !bottom.file.startsWith("node:") || (bottom.function ?? "").includes(tickLoop)
}

/** Frames that a stack has at most, the one of the question included. */
const deepest = 60

/**
 * Whether the innermost code of a stack is the runtime's own, called by the program. During a call such as `execSync` V8 gives
 * no answer; it answers after it, in the code that Node runs before it returns.
 */
export const inRuntime = (stack: string, surroundings: Surroundings): boolean =>
  innermostOf(stack, surroundings)?.file.startsWith("node:") === true

/** Modules of Node whose synchronous functions are system calls. */
const ofKernel = /^node:(internal\/)?(fs|child_process)(\/|$)/

/** Whether the innermost code of a stack is the runtime's, called by a function of it that asks the kernel for something. */
export const asksKernel = (stack: string, surroundings: Surroundings): boolean => {
  for (const { file } of foreign(stack, surroundings)) {
    if (!file.startsWith("node:")) return false
    if (ofKernel.test(file)) return true
  }
  return false
}

/** All frames but the question's and Giveway's. */
const foreign = (stack: string, { own }: Surroundings): ReadonlyArray<Position> =>
  frames(stack).filter(({ file }) => !file.startsWith("evalmachine") && !own.some((folder) => file.startsWith(folder)))

const innermostOf = (stack: string, surroundings: Surroundings): Position | undefined => foreign(stack, surroundings)[0]

/** The place that is to blame; `undefined` if the stack has frames of the runtime and of Giveway only. */
export const placeOf = (stack: string, surroundings: Surroundings): Position | undefined => {
  const { cwd } = surroundings
  const candidates = foreign(stack, surroundings).filter(({ file }) => !file.startsWith("node:"))
  const place =
    candidates.find(({ file }) => !file.includes("/node_modules/")) ??
    candidates.find(({ file }) => !file.includes("/node_modules/effect/"))
  if (place === undefined) return undefined
  const library = packageOf(place.file)
  return {
    file: relative(place.file, cwd),
    line: place.line,
    function: place.function,
    ...(library === undefined ? {} : { library })
  }
}

/** "@scope/name" or "name", of a file below a `node_modules`. */
const packageOf = (file: string): string | undefined => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]
