import { type Attack, at } from '../attack.ts'
import { resealAll, rewriteConsistently } from '../forge.ts'
import { change, forgeActor, middleOf, sha256, takeOffGuards } from './tools.ts'

/** Attacks on seals, on their log, and on everything at once. */
export const sealAttacks: readonly Attack[] = [
  {
    name: 'delete a whole batch with its seal',
    as: 'superuser',
    commit: async (copy, client) => {
      const { sealer, seal } = middleOf(copy, 'tamper-a')
      await takeOffGuards(client)
      await deleteSeals(client, sealer, seal, seal)
      return { first: [{ sealer, seal }] }
    },
  },
  {
    name: 'delete the newest records with their seals',
    as: 'superuser',
    commit: async (copy, client) => {
      const { sealer } = middleOf(copy, 'tamper-a')
      const last = Math.max(
        ...copy.records.filter((each) => each.sealer === sealer).map((each) => each.seal),
      )
      await takeOffGuards(client)
      await deleteSeals(client, sealer, last, Number.MAX_SAFE_INTEGER)
      return {
        first: [
          { sealer, seal: last },
          { sealer, rule: 'log' },
        ],
      }
    },
  },
  {
    name: 'delete a sealer with all it sealed',
    as: 'superuser',
    commit: async (copy, client) => {
      const { sealer } = middleOf(copy, 'tamper-a')
      await takeOffGuards(client)
      await deleteSeals(client, sealer, 0, Number.MAX_SAFE_INTEGER)
      await change(client, 'DELETE FROM audit.sealers WHERE sealer_id = $1', [sealer])
      return { first: [{ sealer }] }
    },
  },
  {
    name: 'put another root into a seal',
    as: 'superuser',
    commit: async (copy, client) => {
      const { sealer, seal } = middleOf(copy, 'tamper-a')
      await takeOffGuards(client)
      await change(
        client,
        'UPDATE audit.seals SET root = $3 WHERE sealer_id = $1 AND seal_number = $2',
        [sealer, seal, sha256(Buffer.from('another root'))],
      )
      return { first: [{ sealer, seal }] }
    },
  },
  {
    name: 'rewrite one record and its seal',
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await forgeActor(client, victim.recordId)
      await resealAll(client)
      // The record after it still names the hash that was; and the log is not the one of the checkpoints.
      return {
        first: [
          ...at(victim),
          { stream: victim.streamId, sequence: victim.sequence + 1 },
          { rule: 'log', sealer: victim.sealer },
        ],
      }
    },
  },
  {
    name: 'rewrite the whole chain and all seals consistently',
    as: 'superuser',
    commit: async (copy, client) => {
      await takeOffGuards(client)
      await rewriteConsistently(client, (text) => text.replaceAll('"alice"', '"mallory"'))
      await change(
        client,
        `UPDATE audit.records SET actor_id = 'mallory' WHERE actor_id = 'alice' AND evidence_by = 'producer'`,
      )
      return { first: copy.records.map(({ sealer }) => ({ rule: 'log', sealer })) }
    },
  },
]

async function deleteSeals(
  client: import('pg').Client,
  sealer: string,
  from: number,
  to: number,
): Promise<void> {
  const range = [sealer, from, to]
  await client.query(
    `DELETE FROM audit.annexes WHERE record_id IN
       (SELECT record_id FROM audit.records WHERE sealer_id = $1 AND seal_number BETWEEN $2 AND $3)`,
    range,
  )
  for (const table of ['records', 'conflicts', 'quarantine']) {
    await client.query(
      `DELETE FROM audit.${table} WHERE sealer_id = $1 AND seal_number BETWEEN $2 AND $3`,
      range,
    )
  }
  await change(
    client,
    'DELETE FROM audit.seals WHERE sealer_id = $1 AND seal_number BETWEEN $2 AND $3',
    range,
  )
}
