/**
 * The version of this package, as in its package.json. A test compares the two. Rejected: to read package.json (core knows no
 * files, and a bundle has none).
 */
export const version = "0.1.0"
