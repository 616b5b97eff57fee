import type { ClosedRange, SealBound, SealHeader, SealRange } from './rows.ts'

/** Rows that one range holds at most, but for a single seal that has more: what a thread keeps in memory. */
export const RANGE_LEAVES = 8_192

/**
 * Cuts the seals, as they come in their order, into ranges that together cover every place there is: rows under seals that
 * do not exist fall into one of them as well.
 *
 * @param onHeader - told of every seal
 */
export async function* planRanges(
  headers: AsyncIterable<SealHeader>,
  onHeader: (header: SealHeader) => void,
  rangeLeaves: number = RANGE_LEAVES,
): AsyncGenerator<SealRange> {
  let after: SealBound | undefined
  let last: SealBound | undefined
  let leaves = 0
  for await (const header of headers) {
    onHeader(header)
    // An empty seal is work too.
    const added = header.leafCount + 1
    if (last && leaves + added > rangeLeaves) {
      yield { after, upTo: last }
      after = last
      leaves = 0
    }
    leaves += added
    last = { sealer: header.sealer, seal: header.seal }
  }
  yield { after }
}

/** Cuts only the seals that `isWanted` takes; `onHeader` is told of the others as well. */
export async function* planWanted(
  headers: AsyncIterable<SealHeader>,
  onHeader: (header: SealHeader) => void,
  isWanted: (header: SealHeader) => boolean,
  rangeLeaves: number = RANGE_LEAVES,
): AsyncGenerator<ClosedRange> {
  let range: { after: SealBound; upTo: SealBound; leaves: number } | undefined
  for await (const header of headers) {
    onHeader(header)
    const { sealer, seal, leafCount } = header
    const continues = range?.upTo.sealer === sealer && range.upTo.seal + 1 === seal
    const isFull = range !== undefined && range.leaves + leafCount + 1 > rangeLeaves
    if (range && (!isWanted(header) || !continues || isFull)) {
      yield { after: range.after, upTo: range.upTo }
      range = undefined
    }
    if (!isWanted(header)) continue
    range ??= { after: { sealer, seal: seal - 1 }, upTo: { sealer, seal }, leaves: 0 }
    range.upTo = { sealer, seal }
    range.leaves += leafCount + 1
  }
  if (range) yield { after: range.after, upTo: range.upTo }
}
