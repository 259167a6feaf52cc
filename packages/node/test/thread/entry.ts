/**
 * A thread for the tests of `helperThread.ts`: it behaves as its data says.
 */
import { pbkdf2Sync } from "node:crypto"
import { parentPort, workerData } from "node:worker_threads"

const port = parentPort!
const stay = (): void => void setInterval(() => undefined, 1000)

switch (workerData as string) {
  case "speaks":
    port.postMessage("up")
    stay()
    break
  case "never speaks":
    stay()
    break
  case "throws":
    throw new Error("broken from the start")
  case "exits":
    process.exit(3)
  case "speaks, then throws":
    port.postMessage("up")
    setTimeout(() => {
      throw new Error("broken later")
    }, 50)
    break
  case "speaks, then exits":
    port.postMessage("up")
    setTimeout(() => process.exit(4), 50)
    break
  case "speaks, then runs out of memory":
    port.postMessage("up")
    setTimeout(() => {
      for (const kept: Array<unknown> = []; ;) kept.push(Array.from({ length: 100_000 }, () => ({})))
    }, 0)
    break
  case "speaks, then is held by native code":
    port.postMessage("up")
    // some seconds, which nothing can cut short
    setTimeout(() => pbkdf2Sync("secret", "salt", 3_000_000, 64, "sha512"), 0)
    break
  case "tells its options":
    port.postMessage({ execArgv: process.execArgv, nodeOptions: process.env["NODE_OPTIONS"] })
    stay()
}
