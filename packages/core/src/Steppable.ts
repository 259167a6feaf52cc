/**
 * The runtime of the yield-point compiler: compiled code imports it, by its path `@giveway/core/Steppable`. No user writes
 * such code by hand (`Pure.fn` is the way in), so the index does not export it. The calling convention is in
 * `internal/steppable/README.md`.
 *
 * Compiled code and this module MUST be of the same version.
 *
 * @module
 */
export type { Frame } from "./internal/steppable/suspension.ts"
export { ABANDONED, save, start, SUSPENDED } from "./internal/steppable/suspension.ts"
export { Activation } from "./internal/steppable/activation.ts"
export type { Pace, Policy } from "./internal/steppable/slices/budget.ts"
export { budget, clockPolicy } from "./internal/steppable/slices/budget.ts"
export { giveWay, isSliceOver } from "./internal/steppable/slices/effectLoops.ts"
export type { Twin } from "./internal/steppable/twins.ts"
export { attach, attachJob, leave, ofPackage, twinOf } from "./internal/steppable/twins.ts"
export { attachElements, delegate, emit } from "./internal/steppable/jobElements.ts"
export { callable, heard, notCallable, register } from "./internal/steppable/calls/register.ts"
export { bindOf } from "./internal/steppable/calls/boundTo.ts"
export { construct } from "./internal/steppable/calls/construction.ts"
export type { MethodTwin } from "./internal/steppable/callSites.ts"
export { announcing, constructorOf, methodOf, superOf } from "./internal/steppable/callSites.ts"
export type { ArraySite } from "./internal/steppable/arrays/arrayTwins.ts"
export { arraySite, dispatchArray, natives, passOn, walked } from "./internal/steppable/arrays/arrayTwins.ts"
export { isArray, isPlain, isProxy, sortUnits } from "./internal/steppable/arrays/nativeCalls.ts"
export type { Kernel } from "./internal/steppable/arrays/arrayWalk.ts"
export { apply, bind, call, functionApply, functionCall, listOf } from "./internal/steppable/intrinsics.ts"
export { Cursor, ended, iterable, iterator, open } from "./internal/steppable/iteration.ts"
export { define, extracted, refused, work, WorkerUrl } from "./internal/steppable/inlineWork.ts"
export { baton } from "./internal/steppable/baton/baton.ts"
export { enter, touch } from "./internal/steppable/touching.ts"
export { place } from "./internal/steppable/pureFunctions.ts"
