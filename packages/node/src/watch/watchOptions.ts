/**
 * A reader for each option of `NodeSysmon.layer`. Durations become ms.
 */
import { options as readers, supervisionOptions } from "@giveway/core/platform/Start"
import * as serveOptions from "../diagnostics/serveOptions.ts"

export const table = {
  ...supervisionOptions,
  interval: readers.or(readers.duration({ from: 1, suchAs: "10 millis" }), 10),
  serve: serveOptions.reader
}
