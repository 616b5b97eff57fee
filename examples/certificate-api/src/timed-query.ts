import { metrics } from './metrics.ts'

/** Runs a query and times it, the wait for a connection included. */
export async function timedQuery<Result>(
  query: 'insert' | 'find' | 'count',
  run: () => Promise<Result>,
): Promise<Result> {
  const start = performance.now()
  try {
    return await run()
  } finally {
    metrics.queryDuration.record((performance.now() - start) / 1_000, { query })
  }
}
