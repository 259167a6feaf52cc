/**
 * What a compute worker is started with.
 */
export interface ComputeWorkerData {
  /** the worker's thread block: its cancel cell, its beacon */
  readonly block: SharedArrayBuffer
  /** nice value of the thread, `false` to leave it alone */
  readonly priority: number | false
  /** modules that jobs came from so far: importing them is most of a worker's start */
  readonly preload: ReadonlyArray<string>
}
