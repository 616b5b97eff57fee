/** The middle of the values: one run that the machine disturbed does not move it. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('the median of nothing was asked for')
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The medians of what each value has over its partner: both were measured right after each other. */
export function medianDifference(values: readonly number[], base: readonly number[]): number {
  return median(values.map((value, index) => value - base[index]!))
}

/** The list turned by `by` places, so that nobody is always first. */
export function rotate<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error('a quantile of nothing was asked for')
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
