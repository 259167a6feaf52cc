/** Instead of `@effect/platform-bun`, which is not installed and runs on Bun: a program that starts there does nothing here. */
export const BunRuntime = { runMain: (): void => {} }
