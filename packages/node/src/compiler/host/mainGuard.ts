/**
 * Whether a worker may evaluate the program's main module: only if the program starts under a condition that is false there.
 *
 * Workers load this file when a task is defined in the main module, and for no other.
 */
import { parse } from "../read/parse.ts"
import * as taskModules from "../work/taskModules.ts"

/** A text that cannot be parsed is taken for what its words say: TypeScript that a loader transforms, JSX. */
export const isGuarded = (text: string, file: string): boolean => {
  if (!words.test(text)) return false
  const parsed = parse(text, file)
  return "reason" in parsed || taskModules.isGuarded(parsed.program)
}

/** Ways in which a program asks whether it is the main module, or on the main thread. */
const words = /import\.meta\.(?:main|url)\b|\bisMainThread\b|\bthreadId\b|\brequire\.main\b|\bprocess\.argv\b/
