/** Recursion that allocates. */
interface Tree {
  readonly l: Tree | null
  readonly r: Tree | null
}

function make(depth: number): Tree {
  if (depth === 0) return { l: null, r: null }
  return { l: make(depth - 1), r: make(depth - 1) }
}

function count(tree: Tree): number {
  if (tree.l === null) return 1
  return 1 + count(tree.l) + count(tree.r!)
}

export function run(depth: number, n: number): number {
  "use steppable"
  let s = 0
  for (let i = 0; i < n; i++) {
    s += count(make(depth))
  }
  return s
}

export const input = (): Parameters<typeof run> => [16, 40]

export const digest = (result: number): number => result
