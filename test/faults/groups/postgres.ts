import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { canConnect } from '../../../deploy/stack/database.ts'
import { codeOf } from '../../../deploy/stack/errors.ts'
import { query, withClient } from '../support/database.ts'
import { strikeUnderLoad } from '../support/strike.ts'

/** What can happen to PostgreSQL. */
export const postgresFaults: readonly Fault[] = [
  {
    where: 'postgres',
    name: 'postgres-immediate-stop',
    about: 'PostgreSQL is stopped in immediate mode under load and started again',
    rounds: 50,
    run: async (field) => {
      const postgres = field.stack.component('postgres')
      await strikeUnderLoad(field, async () => {
        await postgres.stop({ mode: 'immediate' })
        await sleep(field.random.between(0, 300))
        await postgres.start()
      })
    },
  },
  statements('postgres-read-only', 'PostgreSQL takes no writes', {
    strike: ['ALTER SYSTEM SET default_transaction_read_only = on', 'SELECT pg_reload_conf()'],
    repair: ['ALTER SYSTEM RESET default_transaction_read_only', 'SELECT pg_reload_conf()'],
  }),
  statements('postgres-table-missing', 'the table of the records is away', {
    strike: ['ALTER TABLE audit.records RENAME TO records_away'],
    repair: ['ALTER TABLE audit.records_away RENAME TO records'],
  }),
  statements('postgres-connection-limit', "the writer's connections are ended and none is let in", {
    strike: ['ALTER ROLE telltale_writer CONNECTION LIMIT 0', endSessions()],
    repair: ['ALTER ROLE telltale_writer CONNECTION LIMIT -1'],
  }),
  statements('postgres-statement-timeout', 'a lock holds every statement up beyond its time-out', {
    strike: ['BEGIN', 'LOCK TABLE audit.records IN ACCESS EXCLUSIVE MODE'],
    repair: ['ROLLBACK'],
    // The exporter's own limits are 2 s for a lock and 3 s for a statement.
    leastMillis: 3_500,
  }),
  {
    where: 'postgres',
    name: 'postgres-partition-missing',
    about: 'the partition of this month and the default one are detached for a while',
    rounds: 5,
    run: async (field) => {
      const { postgres } = field.stack.addresses
      await strikeUnderLoad(field, async () => {
        const { strike, repair } = await detachStatements(postgres)
        await asSuperuser(field, strike, repair, 200)
      })
    },
  },
  {
    where: 'postgres',
    name: 'postgres-disk-full',
    about: 'the disk of the whole stack is full, then has room again',
    rounds: 5,
    stackDiskMebibytes: 320,
    run: diskFull,
  },
  statements('postgres-rights-missing', 'the writer has lost its rights', {
    strike: ['REVOKE audit_writer FROM telltale_writer'],
    repair: ['GRANT audit_writer TO telltale_writer'],
  }),
]

interface Statements {
  readonly strike: readonly string[]
  readonly repair: readonly string[]
  /** How long it lasts at least. Default 200. */
  readonly leastMillis?: number
}

/** A fault that a superuser makes and takes back by SQL. */
function statements(
  name: string,
  about: string,
  { strike, repair, leastMillis = 200 }: Statements,
): Fault {
  return {
    where: 'postgres',
    name,
    about: `${about}, for a while`,
    rounds: 5,
    run: async (field) =>
      strikeUnderLoad(field, async () => asSuperuser(field, strike, repair, leastMillis)),
  }
}

interface Guard {
  readonly name: string
  readonly always: boolean
}

/** All in one session, which the fault itself does not touch. */
async function asSuperuser(
  { stack, random }: Field,
  strike: readonly string[],
  repair: readonly string[],
  leastMillis: number,
): Promise<void> {
  await withClient(stack.addresses.postgres, async (client) => {
    await client.query('SET default_transaction_read_only = off')
    // What guards the schema stops a superuser too, unless it is switched off first.
    const { rows: guards } = await client.query<Guard>(
      `SELECT evtname AS name, evtenabled = 'A' AS always FROM pg_event_trigger WHERE evtenabled <> 'D'`,
    )
    for (const { name } of guards) await client.query(`ALTER EVENT TRIGGER ${name} DISABLE`)
    for (const statement of strike) await client.query(statement)
    await sleep(random.between(leastMillis, leastMillis + 2_000))
    for (const statement of repair) await client.query(statement)
    for (const { name, always } of guards) {
      await client.query(`ALTER EVENT TRIGGER ${name} ENABLE ${always ? 'ALWAYS' : ''}`)
    }
  })
}

/** Takes away where today's records go, and their way out. */
async function detachStatements(postgres: string): Promise<Pick<Statements, 'strike' | 'repair'>> {
  const partitions = await query<{ name: string; bound: string }>(
    postgres,
    `SELECT child.oid::regclass::text AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
     FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
     WHERE inhparent = 'audit.records'::regclass
       AND (pg_get_expr(child.relpartbound, child.oid) = 'DEFAULT'
         OR child.relname LIKE '%' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM') || '%'
         OR child.relname LIKE '%' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') || '%')
     ORDER BY pg_get_expr(child.relpartbound, child.oid) = 'DEFAULT' DESC`,
  )
  if (partitions.length !== 2) {
    throw new Error(`found ${partitions.length} partitions to detach instead of 2`)
  }
  return {
    strike: partitions.map(({ name }) => `ALTER TABLE audit.records DETACH PARTITION ${name}`),
    // The default one goes first and comes last: alone it would take in what is the month's, and the month could not come back.
    repair: partitions
      .map(({ name, bound }) => `ALTER TABLE audit.records ATTACH PARTITION ${name} ${bound}`)
      .toReversed(),
  }
}

/** With no room for a page, PostgreSQL refuses statements; with none for its log, it ends and is started again. */
async function diskFull(field: Field): Promise<void> {
  const { stack, stackDisk, random } = field
  const postgres = stack.component('postgres')
  let ended = 0
  let full = 0
  await strikeUnderLoad(field, async () => {
    stackDisk?.fill()
    if (await isFull(stack.addresses.postgres)) full += 1
    await sleep(random.between(2_000, 6_000))
    stackDisk?.empty()
    if (await canConnect(stack.addresses.postgres)) return
    ended += 1
    await postgres.stop({ mode: 'immediate' })
    await postgres.start()
  })
  field.note(`PostgreSQL had to be started again ${ended} times`)
  if (full < field.rounds) field.fallShort(`PostgreSQL found its disk full ${full} times only`)
}

/** Says whether PostgreSQL itself has no room, or has ended for want of it. */
async function isFull(postgres: string): Promise<boolean> {
  try {
    await query(postgres, 'CREATE TEMP TABLE filler AS SELECT generate_series(1, 1000000)')
    return false
  } catch (error) {
    return codeOf(error) === '53100' || !(await canConnect(postgres))
  }
}

function endSessions(): string {
  return `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'telltale_writer'`
}
