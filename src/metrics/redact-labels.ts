import type { Redaction } from '../core/redaction.ts'

/** To look at a shorter value costs no more than to remember what it looks like. */
const SHORTEST_REMEMBERED = 13

/** Values that are remembered at the most: most of them come again with each scrape. */
const MAX_REMEMBERED = 20_000

/**
 * Takes out of label values what has the shape of a secret. The names of labels say nothing: `token="USDC"` is a dimension.
 *
 * @returns a function that changes the labels it is given
 */
export function createLabelRedaction(
  redaction: Redaction,
): (labels: Record<string, string>) => void {
  const remembered = new Map<string, string>()
  const recall = (value: string): string => {
    let clean = remembered.get(value)
    if (clean === undefined) {
      clean = redaction.text(value)
      if (remembered.size < MAX_REMEMBERED) remembered.set(value, clean)
    }
    return clean
  }
  return (labels) => {
    for (const name in labels) {
      const value = labels[name]!
      const clean = value.length < SHORTEST_REMEMBERED ? redaction.text(value) : recall(value)
      if (clean !== value) labels[name] = clean
    }
  }
}
