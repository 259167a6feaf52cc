#!/usr/bin/env node
import { objectionTo } from "../dist/thread/nodeVersion.js"

const objection = objectionTo(process.versions.node)
if (objection === undefined) await import("../dist/cli/main.js")
else {
  console.error(`giveway: ${objection}`)
  process.exitCode = 1
}
