/** Runs `work` so many times, some at a time, and answers how long each took, in milliseconds. */
export async function timeAll(
  times: number,
  atATime: number,
  work: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const millis: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < times) {
      const index = next
      next += 1
      const start = performance.now()
      await work(index)
      millis.push(performance.now() - start)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return millis
}

/** The value below which that share of all values lies. @throws {Error} without values */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]
  if (value === undefined) throw new Error('there is no quantile of nothing')
  return value
}
