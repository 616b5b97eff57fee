import { createHash } from 'node:crypto'
import type { Client } from 'pg'

/**
 * Rewrites a trail so that nothing inside the database contradicts itself: what only a checkpoint shows.
 *
 * Hashes, links, leaves and seals are made here anew from docs/design/audit.md, not with the verifier's own code.
 */
export async function rewriteConsistently(
  client: Client,
  replace: (evidence: string) => string,
): Promise<void> {
  await rewriteStreams(client, replace)
  await resealAll(client)
}

interface StreamRow {
  readonly record_id: string
  readonly stream_id: string
  readonly evidence: Buffer
}

async function rewriteStreams(
  client: Client,
  replace: (evidence: string) => string,
): Promise<void> {
  const { rows } = await client.query<StreamRow>(
    `SELECT record_id, stream_id::text, evidence FROM audit.records
     WHERE evidence_by = 'producer' ORDER BY stream_id, sequence_number`,
  )
  const heads = new Map<string, string>()
  for (const row of rows) {
    const head = heads.get(row.stream_id) ?? sha256('').toString('hex')
    const text = replace(row.evidence.toString('utf8')).replace(
      /("audit\.sequence\.prev_hash","value":\{"stringValue":")[0-9a-f]{64}/,
      `$1${head}`,
    )
    const hash = sha256(text)
    heads.set(row.stream_id, hash.toString('hex'))
    await client.query(
      'UPDATE audit.records SET evidence = $2, hash = $3, prev_hash = $4 WHERE record_id = $1',
      [row.record_id, Buffer.from(text), hash, Buffer.from(head, 'hex')],
    )
  }
}

interface SealRow {
  readonly sealer_id: string
  readonly seal_number: string
}

/** Makes leaves and roots fit the rows again. */
export async function resealAll(client: Client): Promise<void> {
  const { rows: seals } = await client.query<SealRow>(
    'SELECT sealer_id, seal_number FROM audit.seals',
  )
  for (const seal of seals) {
    const place = [seal.sealer_id, seal.seal_number]
    const leaves = (await entriesOf(client, place)).map((entry) => sha256(Buffer.from([0]), entry))
    await client.query(
      `UPDATE audit.seals SET leaf_count = $3, leaves = $4, root = $5 WHERE sealer_id = $1 AND seal_number = $2`,
      [...place, leaves.length, Buffer.concat(leaves), merkleRoot(leaves)],
    )
  }
}

async function entriesOf(client: Client, place: readonly string[]): Promise<Buffer[]> {
  const { rows } = await client.query<{ entry: Buffer }>(
    `SELECT leaf_index, 'R'::bytea || uuid_send(record_id) || hash
         || CASE evidence_by WHEN 'producer' THEN 'P'::bytea ELSE 'C'::bytea END
         || convert_to(coalesce(ingested_by, ''), 'UTF8') AS entry
       FROM audit.records WHERE sealer_id = $1 AND seal_number = $2
     UNION ALL
     SELECT leaf_index, 'X'::bytea || uuid_send(record_id) || hash || stored_hash
         || CASE evidence_by WHEN 'producer' THEN 'P'::bytea ELSE 'C'::bytea END
         || convert_to(coalesce(ingested_by, ''), 'UTF8')
       FROM audit.conflicts WHERE sealer_id = $1 AND seal_number = $2
     UNION ALL
     SELECT leaf_index, 'Q'::bytea || raw_hash || convert_to(coalesce(ingested_by, ''), 'UTF8')
         || '\\x00'::bytea || convert_to(reason, 'UTF8')
       FROM audit.quarantine WHERE sealer_id = $1 AND seal_number = $2
     ORDER BY leaf_index`,
    [...place],
  )
  return rows.map(({ entry }) => entry)
}

/** RFC 6962, 2.1, over leaf hashes. */
export function merkleRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256('')
  if (leaves.length === 1) return leaves[0]!
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  return sha256(Buffer.from([1]), merkleRoot(leaves.slice(0, half)), merkleRoot(leaves.slice(half)))
}

function sha256(...parts: (Uint8Array | string)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
