/**
 * Throws a sentence if Node.js is too old. The package's public modules import it.
 */
import { objectionTo } from "./nodeVersion.ts"

const objection = objectionTo(process.versions.node)
if (objection !== undefined) throw new Error(objection)
