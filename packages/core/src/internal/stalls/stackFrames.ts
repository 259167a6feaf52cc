/**
 * Reading a V8 stack as text: its frames, and the place in the user's code that it blames.
 *
 * The place is the innermost frame that belongs to the program: not Node's own code, not a dependency, not Giveway. A
 * stack that lies in dependencies only is blamed on the innermost of those; better a name than none.
 */

/** A position in source code. */
export interface Position {
  /** relative to the working directory if it lies below it */
  readonly file: string
  readonly line: number
  readonly function: string | undefined
}

const frameOf = (text: string): Position | undefined => {
  const match =
    /^\s*at (?:async )?(?:(.+?) \()?((?:file:\/\/|\/|[A-Za-z]:[\\/]|node:|evalmachine)[^)]*?):(\d+)(?::\d+)?\)?$/.exec(
      text
    )
  if (match === null) return undefined
  const name = match[1]?.replace(/ \[as .*\]$/, "").replace(/^new /, "")
  return {
    file: match[2]!,
    line: Number(match[3]),
    function: name === undefined || name === "<anonymous>" ? undefined : name
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

/** All frames of a stack that have a place, innermost first. */
export const frames = (stack: string): ReadonlyArray<Position> =>
  stack.split("\n").flatMap((text) => {
    const frame = frameOf(text)
    return frame === undefined ? [] : [{ ...frame, file: pathOf(frame.file) }]
  })

/** Where the code lies that must not be blamed, and what paths are to be shown relative to. */
export interface Surroundings {
  readonly cwd: string
  /** folders of Giveway's own code, as paths that end in a slash */
  readonly own: ReadonlyArray<string>
}

const relative = (file: string, cwd: string): string => (file.startsWith(`${cwd}/`) ? file.slice(cwd.length + 1) : file)

/** Node's loop over microtasks and `process.nextTick` callbacks. */
const tickLoop = "processTicksAndRejections"

/**
 * Whether a stack begins in a microtask or a `process.nextTick` callback: everything else that Node calls has a function of
 * its own at the bottom. A stack that is cut off may begin anywhere.
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
 * Whether the innermost code of a stack is the runtime's own, called by the program: after a call that V8 does not answer
 * in, such as `execSync`, it answers in what Node does before it returns.
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

/** The place a stack blames; `undefined` if there is nothing but the runtime and Giveway in it. */
export const placeOf = (stack: string, surroundings: Surroundings): Position | undefined => {
  const { cwd } = surroundings
  const candidates = foreign(stack, surroundings).filter(({ file }) => !file.startsWith("node:"))
  const place =
    candidates.find(({ file }) => !file.includes("/node_modules/")) ??
    candidates.find(({ file }) => !file.includes("/node_modules/effect/"))
  return place === undefined ? undefined : { ...place, file: relative(place.file, cwd) }
}
