/**
 * `@giveway/node`: Giveway on Node.js.
 */
export {}
