import { type Attack, at } from '../attack.ts'
import { change, middleOf } from './tools.ts'

/** What the layers inside PostgreSQL are for: the attacker tries it without taking them off first. */
export const guardAttacks: readonly Attack[] = [
  guarded(
    'update a record',
    'owner',
    (id) => `UPDATE audit.records SET actor_id = 'mallory' WHERE record_id = '${id}'`,
  ),
  guarded(
    'delete a record',
    'owner',
    (id) => `DELETE FROM audit.records WHERE record_id = '${id}'`,
  ),
  guarded('truncate a partition', 'owner', (_, partition) => `TRUNCATE ${partition}`),
  guarded(
    'detach a partition',
    'owner',
    (_, partition) => `ALTER TABLE audit.records DETACH PARTITION ${partition}`,
  ),
  guarded('drop a partition', 'owner', (_, partition) => `DROP TABLE ${partition}`),
  guarded(
    'disable the triggers and update',
    'owner',
    (id) =>
      `ALTER TABLE audit.records DISABLE TRIGGER ALL; UPDATE audit.records SET actor_id = 'mallory' WHERE record_id = '${id}'`,
  ),
  guarded(
    'session_replication_role and delete',
    'superuser',
    (id) =>
      `SET session_replication_role = replica; DELETE FROM audit.records WHERE record_id = '${id}'`,
  ),
  guarded('drop the schema', 'superuser', () => 'DROP SCHEMA audit CASCADE'),
]

function guarded(
  name: string,
  as: Attack['as'],
  statement: (recordId: string, partition: string) => string,
): Attack {
  return {
    name,
    as,
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await client.query(statement(victim.recordId, victim.partition))
      return { first: at(victim) }
    },
  }
}

/** The same, once a superuser has taken the layers off. */
export const unguardedAttacks: readonly Attack[] = [
  {
    name: 'disable the triggers and update',
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await disableEventTriggers(client)
      await client.query(`ALTER TABLE ${victim.partition} DISABLE TRIGGER ALL`)
      await change(
        client,
        `UPDATE ${victim.partition} SET actor_id = 'mallory' WHERE record_id = $1`,
        [victim.recordId],
      )
      return { first: at(victim) }
    },
  },
  partition(
    'truncate a partition',
    (name) => `ALTER TABLE ${name} DISABLE TRIGGER ALL; TRUNCATE ${name}`,
  ),
  partition(
    'detach and drop a partition',
    (name) => `ALTER TABLE audit.records DETACH PARTITION ${name}; DROP TABLE ${name}`,
  ),
]

function partition(name: string, statement: (partition: string) => string): Attack {
  return {
    name,
    as: 'superuser',
    commit: async (copy, client) => {
      const victim = middleOf(copy, 'tamper-a')
      await disableEventTriggers(client)
      await client.query(statement(victim.partition))
      const lost = copy.records.find((record) => record.partition === victim.partition)
      return { first: at(lost!) }
    },
  }
}

async function disableEventTriggers(client: import('pg').Client): Promise<void> {
  await client.query(`
    DO $$
    DECLARE
      guard text;
    BEGIN
      FOR guard IN SELECT evtname FROM pg_event_trigger LOOP
        EXECUTE format('ALTER EVENT TRIGGER %I DISABLE', guard);
      END LOOP;
    END
    $$`)
}
