/**
 * The part of supervision that makes records: stalls, dumps, findings of lints. Their classes are schemas, and a program loads Schema only
 * for them: 70 ms of CPU of its start. So a program that supervision starts beside has it later, and what happened before is kept.
 *
 * Decision 0150.
 */
export { FiberDump } from "../../FiberDump.ts"
export { check, Finding } from "../../Lints.ts"
export { initial, patienceMs, transition } from "../stalls/stallMachine.ts"
