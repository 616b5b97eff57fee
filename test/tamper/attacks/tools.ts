import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import type { StoredRecord } from '../attack.ts'
import type { TrailCopy } from '../trail-copy.ts'

/** Takes every guard off the tables, as a superuser can. */
export async function takeOffGuards(client: Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE
      guard text;
      guarded regclass;
    BEGIN
      FOR guard IN SELECT evtname FROM pg_event_trigger LOOP
        EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', guard);
      END LOOP;
      FOR guarded IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'audit' AND c.relkind IN ('r', 'p') LOOP
        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ALL', guarded);
      END LOOP;
    END
    $$`)
}

/** Changes what is there, and makes sure that something was. */
export async function change(
  client: Client,
  statement: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const { rowCount } = await client.query(statement, [...values])
  if (!rowCount) throw new Error(`an attack that changes nothing proves nothing: ${statement}`)
}

/** Records that a service made, in the order of their stream. */
export function streamOf(copy: TrailCopy, service: string): readonly StoredRecord[] {
  const own = copy.records.filter((record) => record.serviceName === service)
  return own
    .filter((record) => record.streamId === own[0]?.streamId)
    .toSorted((a, b) => a.sequence - b.sequence)
}

/** A record from the middle of a service's stream, with neighbours on both sides. */
export function middleOf(copy: TrailCopy, service: string): StoredRecord {
  const stream = streamOf(copy, service)
  return stream[Math.floor(stream.length / 2)]!
}

/** SHA-256, in bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** The evidence of a record with one text in it replaced by another of the attacker's liking. */
export async function evidenceWith(
  client: Client,
  recordId: string,
  replace: (evidence: string) => string,
): Promise<Buffer> {
  const { rows } = await client.query('SELECT evidence FROM audit.records WHERE record_id = $1', [
    recordId,
  ])
  const before = (rows[0].evidence as Buffer).toString('utf8')
  const after = replace(before)
  if (after === before) throw new Error('the evidence is the same as before')
  return Buffer.from(after, 'utf8')
}

/** Puts another actor into a record, its evidence, its hash and its column. */
export async function forgeActor(client: Client, recordId: string): Promise<void> {
  const forged = await evidenceWith(client, recordId, (text) =>
    text.replace('"alice"', '"mallory"'),
  )
  await takeOffGuards(client)
  await change(
    client,
    `UPDATE audit.records SET evidence = $2, hash = $3, actor_id = 'mallory' WHERE record_id = $1`,
    [recordId, forged, sha256(forged)],
  )
}
