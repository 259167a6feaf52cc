/**
 * The compiler's parser is native code. Under the permission model it cannot be loaded without `--allow-addons`, and its own
 * error then speaks of a defect of npm. `register.ts` imports this module before the parser, so that the right flag is named.
 */
if (process.permission?.has("addon") === false) {
  throw new Error(
    "giveway: the compiler's parser is native code, which --permission forbids: add --allow-addons, or do without yield points"
  )
}
