import { type Attack, at, type StoredRecord } from '../attack.ts'
import {
  change,
  evidenceWith,
  forgeActor,
  middleOf,
  sha256,
  streamOf,
  takeOffGuards,
} from './tools.ts'
import type { TrailCopy } from '../trail-copy.ts'

/** Records that are deleted, invented, rewritten or moved. */
export const rowAttacks: readonly Attack[] = [
  deletion('the first record of a stream', (copy) => streamOf(copy, 'tamper-a').slice(0, 1)),
  deletion('a record in the middle', (copy) => [middleOf(copy, 'tamper-a')]),
  deletion('the last record of a stream', (copy) => streamOf(copy, 'tamper-a').slice(-1)),
  deletion('a whole stream', (copy) => streamOf(copy, 'tamper-a')),
  {
    name: 'rewrite evidence and recompute its hash',
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await forgeActor(client, victim.recordId)
      return { first: at(victim) }
    },
  },
  {
    name: 'change the resource identity in evidence and column',
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      const forged = await evidenceWith(client, victim.recordId, (text) =>
        text.replace('"tamper-a"', '"tamper-z"'),
      )
      await takeOffGuards(client)
      await change(
        client,
        `UPDATE audit.records SET evidence = $2, hash = $3, service_name = 'tamper-z',
           resource = jsonb_set(resource, '{service.name}', '"tamper-z"') WHERE record_id = $1`,
        [victim.recordId, forged, sha256(forged)],
      )
      return { first: at(victim) }
    },
  },
  {
    name: 'swap the service names of two streams',
    as: 'superuser',
    commit: async (copy, client) => {
      await takeOffGuards(client)
      await change(
        client,
        `UPDATE audit.records SET service_name = CASE service_name WHEN 'tamper-a' THEN 'tamper-b' ELSE 'tamper-a' END
         WHERE service_name IN ('tamper-a', 'tamper-b')`,
      )
      return { first: at(firstOf(copy, ['tamper-a', 'tamper-b'])) }
    },
  },
  {
    name: 'insert a forged record into a seal',
    as: 'superuser',
    commit: async (copy, client) => {
      const model = middleOf(copy, 'tamper-a')
      const recordId = forgedId(model.recordId)
      await takeOffGuards(client)
      await insertCopy(client, model.recordId, {
        record_id: recordId,
        leaf_index: 100_000,
        sequence_number: 100_000,
      })
      return { first: [{ recordId }, { sealer: model.sealer, seal: model.seal, leaf: 100_000 }] }
    },
  },
  {
    name: 'insert a forged record under a seal of its own',
    as: 'superuser',
    commit: async (copy, client) => {
      const model = middleOf(copy, 'tamper-a')
      const recordId = forgedId(model.recordId)
      await takeOffGuards(client)
      const { rows } = await client.query(
        'SELECT max(seal_number)::int + 1 AS next FROM audit.seals WHERE sealer_id = $1',
        [model.sealer],
      )
      const seal = rows[0].next as number
      await insertCopy(client, model.recordId, {
        record_id: recordId,
        seal_number: seal,
        leaf_index: 0,
      })
      await change(
        client,
        `INSERT INTO audit.seals SELECT (jsonb_populate_record(s, jsonb_build_object('seal_number', $3::int))).*
         FROM audit.seals s WHERE sealer_id = $1 AND seal_number = $2`,
        [model.sealer, model.seal, seal],
      )
      return {
        first: [
          { recordId },
          { sealer: model.sealer, seal },
          { sealer: model.sealer, rule: 'log-closed' },
        ],
      }
    },
  },
  {
    name: 'reorder two records of a stream',
    as: 'superuser',
    commit: async (copy, client) => {
      const stream = streamOf(copy, 'tamper-a')
      const place = Math.floor(stream.length / 2)
      const [one, other] = [stream[place]!, stream[place + 1]!]
      await takeOffGuards(client)
      await change(
        client,
        `UPDATE audit.records SET sequence_number = $3::bigint - sequence_number WHERE record_id IN ($1, $2)`,
        [one.recordId, other.recordId, one.sequence + other.sequence],
      )
      return { first: [...at(one), ...at(other)] }
    },
  },
  {
    name: 'replay a stream under another id',
    as: 'superuser',
    commit: async (copy, client) => {
      const [first] = streamOf(copy, 'tamper-a')
      await takeOffGuards(client)
      await client.query(
        'CREATE TEMP TABLE replay AS SELECT * FROM audit.records WHERE stream_id = $1',
        [first!.streamId],
      )
      await client.query(
        `UPDATE replay SET stream_id = overlay(stream_id::text PLACING '0123' FROM 33),
           record_id = overlay(record_id::text PLACING '0123' FROM 33)::uuid, leaf_index = leaf_index + 100000`,
      )
      await change(client, 'INSERT INTO audit.records SELECT * FROM replay')
      const { rows } = await client.query('SELECT record_id FROM replay')
      return { first: rows.map((row) => ({ recordId: row.record_id as string })) }
    },
  },
]

function deletion(what: string, choose: (copy: TrailCopy) => readonly StoredRecord[]): Attack {
  return {
    name: `delete ${what}`,
    as: 'superuser',
    commit: async (copy, client) => {
      const victims = choose(copy)
      await takeOffGuards(client)
      await change(client, 'DELETE FROM audit.records WHERE record_id = ANY ($1)', [
        victims.map((victim) => victim.recordId),
      ])
      return { first: at(firstBySeal(victims)) }
    },
  }
}

function firstOf(copy: TrailCopy, services: readonly string[]): StoredRecord {
  return firstBySeal(copy.records.filter(({ serviceName }) => services.includes(serviceName)))
}

function firstBySeal(records: readonly StoredRecord[]): StoredRecord {
  return records.toSorted((a, b) =>
    a.sealer < b.sealer ? -1 : a.sealer > b.sealer ? 1 : a.seal - b.seal || a.leaf - b.leaf,
  )[0]!
}

/** Another id of the same month. */
function forgedId(recordId: string): string {
  return `${recordId.slice(0, 32)}0123`
}

async function insertCopy(
  client: import('pg').Client,
  recordId: string,
  differing: Readonly<Record<string, unknown>>,
): Promise<void> {
  await change(
    client,
    `INSERT INTO audit.records SELECT (jsonb_populate_record(r, $2::jsonb)).* FROM audit.records r WHERE record_id = $1`,
    [recordId, JSON.stringify(differing)],
  )
}
