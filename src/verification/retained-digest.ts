import { createHash } from 'node:crypto'
import type { RetainedLeaves } from './rows.ts'
import type { RetainedPartition, RetainedStreamRun } from './source.ts'

/** A row of `audit.retained`. */
export interface RetainedRow {
  readonly partition: string
  /** Unix seconds. */
  readonly from: number
  readonly to: number
  readonly records: number
}

/**
 * Makes the digest of a retained partition again from its runs, as docs/design/audit.md section 11 says.
 *
 * @param leaves - sorted by sealer, seal, first leaf
 * @param streams - sorted by stream and first number
 */
export async function digestRetained(
  { partition, from, to, records }: RetainedRow,
  leaves: AsyncIterable<RetainedLeaves>,
  streams: AsyncIterable<RetainedStreamRun>,
): Promise<RetainedPartition> {
  const digest = createHash('sha256')
  digest.update(`telltale-retained/1\n${partition}\n${from} ${to}\n${records}\n`)
  for await (const { sealer, seal, firstLeaf, lastLeaf } of leaves) {
    digest.update(`leaf ${sealer} ${seal} ${firstLeaf} ${lastLeaf}\n`)
  }
  for await (const { stream, first, last, firstPrevious, lastHash } of streams) {
    digest.update(
      `stream ${Buffer.from(stream).toString('hex')} ${first} ${last} ${firstPrevious ?? '-'} ${lastHash ?? '-'}\n`,
    )
  }
  return { partition, digest: digest.digest('hex') }
}
