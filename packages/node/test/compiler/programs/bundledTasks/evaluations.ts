/** Two modules of tasks import it. It counts how often it is evaluated on a thread. */
const counter = globalThis as { sharedEvaluations?: number }
counter.sharedEvaluations = (counter.sharedEvaluations ?? 0) + 1

export const evaluations = (): number => counter.sharedEvaluations ?? 0
