/**
 * Words for what Node's permission model (`--permission`) forbids. Node's errors name the call and not always the flag.
 */

const flags: Readonly<Record<string, string>> = {
  FileSystemRead: "--allow-fs-read",
  FileSystemWrite: "--allow-fs-write",
  WorkerThreads: "--allow-worker",
  Inspector: "--allow-inspector",
  Addons: "--allow-addons",
  ChildProcess: "--allow-child-process",
  Net: "--allow-net"
}

/**
 * An error in a sentence; if the permission model made it, with the flag that is missing. `needed`: the value that the flag needs, for a
 * caller that will want more than the call that was refused.
 */
export const reasonOf = (error: unknown, needed?: string): string => {
  const { code, permission, resource = "" } = error as { readonly [name: string]: unknown }
  const flag = flags[String(permission)]
  if (code !== "ERR_ACCESS_DENIED" || flag === undefined) return error instanceof Error ? error.message : String(error)
  const value = needed ?? String(resource)
  return `--permission forbids it: add ${flag}${value === "" ? "" : `=${value}`}`
}
