/**
 * Who can change the contents of a folder, told from the owner and the mode of each folder up to the root of the disk.
 *
 * **Invariant.** A folder is trusted for code if only this user and root can create, replace or remove anything in it, and
 * none of the folders up to it can be exchanged by another user. In a folder with the sticky bit (`/tmp`) others may create
 * entries, but they cannot exchange those of this user: so it may lie above a trusted folder, and is none itself.
 *
 * A folder for sockets has to be this user's own, not root's: a socket in it speaks for this user. It may lie where others could exchange
 * it, as in a container whose temporary folder is open to all; then nothing is removed in it.
 *
 * A mode says what it must also where the disk has access lists: its group bits are then the most that any list allows.
 *
 * Decisions 0117, 0122.
 */

/** What `lstat` says of a folder or a file. */
export interface Seen {
  readonly kind: "folder" | "file" | "other"
  readonly uid: number
  readonly mode: number
}

const root = 0
/** Others than the owner may write. */
const othersWrite = 0o022
const sticky = 0o1000

const isOwned = ({ uid }: Seen, user: number): boolean => uid === user || uid === root

const isWritableByOthers = ({ mode }: Seen): boolean => (mode & othersWrite) !== 0

/** Whether what lies in this folder stays what it is: others cannot exchange it. */
export const keepsEntries = (seen: Seen, user: number): boolean =>
  seen.kind === "folder" && isOwned(seen, user) && (!isWritableByOthers(seen) || (seen.mode & sticky) !== 0)

/** Whether only this user and root can put anything into it, or write to it. */
export const isOwn = (seen: Seen, user: number): boolean =>
  seen.kind !== "other" && isOwned(seen, user) && !isWritableByOthers(seen)

/** Whether code may lie in the last of `path`, which has all folders from the root of the disk on. */
export const mayHoldCode = (path: ReadonlyArray<Seen>, user: number): boolean =>
  path.every((seen, index) =>
    index < path.length - 1 ? keepsEntries(seen, user) : seen.kind === "folder" && isOwn(seen, user)
  )

/**
 * Whether a socket in this folder is one that this user has put there. The folders above do not matter: who exchanges the folder
 * cannot make one that is this user's.
 */
export const mayHoldSockets = (seen: Seen, user: number): boolean =>
  seen.kind === "folder" && seen.uid === user && !isWritableByOthers(seen)
