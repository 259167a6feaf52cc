/**
 * The addresses that only this machine can reach. They stand apart from `access.ts`, since a program reads its options with them at its
 * start, and has no use for cryptography then.
 */
const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]", "::1"])

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean => loopbackNames.has(host) || /^127(\.\d{1,3}){3}$/.test(host)
