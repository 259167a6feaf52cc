/**
 * A first look at a file's text, before a parser sees it: most files of a program ask the compiler for nothing, and must
 * cost next to nothing.
 *
 * The look finds words, so it may say yes to a file in which nothing is marked; the parser then says no. It never says
 * no to a file in which something can be compiled. It looks for strings where it can: a regular expression takes twice as
 * long.
 */

/** In the body of a function, it asks for yield points. */
export const directive = "use steppable"

const core = "@giveway/core"
const importsEffect = /["']effect(?:\/Effect)?["']/

/** A file that matches none of them has nothing to compile. Bundlers take them as a filter of their own. */
export const words: ReadonlyArray<RegExp> = [new RegExp(directive), new RegExp(core), importsEffect]

/** `Pure.fn`, `Task.make`, `Task.stream`, or the `work` of an extracted module. */
const mayHaveMarks = (text: string): boolean =>
  text.includes(directive) || (text.includes(core) && /\b(?:fn|make|stream|work)\b/.test(text))

/** `Compute.fn` or `Compute.effect`. */
export const mayHaveInlineWork = (text: string): boolean =>
  text.includes(core) && /\bCompute\b/.test(text) && /\b(?:fn|effect)\b/.test(text)

/** A loop in a generator of effects. */
const mayHaveEffectLoops = (text: string): boolean =>
  importsEffect.test(text) && /\bfunction\s*\*/.test(text) && /\b(?:for|while|do)\b/.test(text)

/** Whether a file can have anything to compile; otherwise it is not parsed. */
export const mayBeCompiled = (text: string): boolean =>
  mayHaveMarks(text) || mayHaveEffectLoops(text) || mayHaveInlineWork(text)

/**
 * Whether the author of a file asks for the compiler. Such a file gets a note if it cannot be compiled. Loops in
 * generators of effects get their yield points without being asked for, so a file with nothing else gets no note.
 */
export const isAskedFor = (text: string): boolean =>
  text.includes(directive) ||
  (mayHaveMarks(text) && /\bPure\b/.test(text)) ||
  (mayHaveInlineWork(text) && /\bCompute\s*\.\s*(?:fn|effect)\b/.test(text))
