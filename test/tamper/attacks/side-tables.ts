import { type Attack, at } from '../attack.ts'
import { change, middleOf, takeOffGuards } from './tools.ts'

/** Attacks on quarantine, conflicts and annexes. */
export const sideTableAttacks: readonly Attack[] = [
  {
    name: 'move a record into quarantine',
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await takeOffGuards(client)
      await change(
        client,
        `INSERT INTO audit.quarantine SELECT (jsonb_populate_record(NULL::audit.quarantine,
             (SELECT to_jsonb(q) FROM audit.quarantine q LIMIT 1) || to_jsonb(r)
               || jsonb_build_object('raw_hash', '\\x' || encode(sha256(r.evidence), 'hex'), 'raw', '\\x' || encode(r.evidence, 'hex')))).*
         FROM audit.records r WHERE record_id = $1`,
        [victim.recordId],
      )
      await change(client, 'DELETE FROM audit.records WHERE record_id = $1', [victim.recordId])
      return { first: at(victim) }
    },
  },
  side('change what is in quarantine', 'quarantine', `SET raw = raw || '\\x00'`),
  side('change why it is in quarantine', 'quarantine', `SET reason = reason || '.'`),
  side('change a conflict', 'conflicts', `SET evidence = evidence || ' '::bytea`),
  side('change whom a conflict came from', 'conflicts', `SET ingested_by = 'mallory'`),
  sideDeletion('quarantine'),
  sideDeletion('conflicts'),
  {
    name: 'delete an annex without an erasure record',
    as: 'superuser',
    commit: async (_, client) => {
      await takeOffGuards(client)
      const recordId = await anyAnnex(client)
      await change(client, 'DELETE FROM audit.annexes WHERE record_id = $1', [recordId])
      return { first: [{ recordId }] }
    },
  },
  {
    name: 'put the annex of another record',
    as: 'superuser',
    commit: async (_, client) => {
      await takeOffGuards(client)
      const recordId = await anyAnnex(client)
      await change(
        client,
        `UPDATE audit.annexes a SET salt = o.salt, annex = o.annex
         FROM (SELECT * FROM audit.annexes WHERE record_id <> $1 LIMIT 1) o WHERE a.record_id = $1`,
        [recordId],
      )
      return { first: [{ recordId }] }
    },
  },
]

function side(name: string, table: string, assignment: string): Attack {
  return {
    name,
    as: 'superuser',
    commit: async (_, client) => {
      await takeOffGuards(client)
      const place = await anyPlace(client, table)
      await change(
        client,
        `UPDATE audit.${table} ${assignment} WHERE sealer_id = $1 AND seal_number = $2 AND leaf_index = $3`,
        [place.sealer, place.seal, place.leaf],
      )
      return { first: [place] }
    },
  }
}

function sideDeletion(table: string): Attack {
  return {
    name: `delete from ${table}`,
    as: 'superuser',
    commit: async (_, client) => {
      await takeOffGuards(client)
      const place = await anyPlace(client, table)
      await change(
        client,
        `DELETE FROM audit.${table} WHERE sealer_id = $1 AND seal_number = $2 AND leaf_index = $3`,
        [place.sealer, place.seal, place.leaf],
      )
      return { first: [place] }
    },
  }
}

interface LeafPlace {
  readonly sealer: string
  readonly seal: number
  readonly leaf: number
}

async function anyPlace(client: import('pg').Client, table: string): Promise<LeafPlace> {
  const { rows } = await client.query(
    `SELECT sealer_id AS sealer, seal_number::int AS seal, leaf_index AS leaf FROM audit.${table} LIMIT 1`,
  )
  if (!rows[0]) throw new Error(`the filled trail has nothing in audit.${table}`)
  return rows[0]
}

async function anyAnnex(client: import('pg').Client): Promise<string> {
  const { rows } = await client.query(
    'SELECT record_id FROM audit.annexes ORDER BY record_id LIMIT 1',
  )
  if (!rows[0]) throw new Error('the filled trail has no annex')
  return rows[0].record_id as string
}
