import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../../deploy/stack/stack.ts'
import { migrateAuditSchema } from '../../../src/cli/audit/migrations.ts'
import { Snapshot } from '../../../src/verification/postgres/snapshot.ts'
import {
  changedViews,
  readViews,
  SHIPPED,
  type ShownAs,
} from '../../../src/verification/postgres/view-checks.ts'
import { createAuditDatabase, tamper, withClient } from '../../support/audit/audit-database.ts'
import { startPostgres18 } from '../../support/postgres-18.ts'

vi.setConfig({ testTimeout: 300_000 })

let stack: Stack<PartialAddresses>

beforeAll(async () => {
  stack = await startPartOfStack(['postgres'])
}, 300_000)

afterAll(async () => {
  await stack?.stop()
})

async function within<T>(url: string, use: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  await using snapshot = await Snapshot.open({ connectionString: url })
  return await use(snapshot)
}

/** What is found at a server, and what the list does not know: for whoever has changed a view on purpose, the digests to put there. */
async function compare(
  url: string,
): Promise<{ names: readonly string[]; unknown: readonly ShownAs[] }> {
  const found = await within(url, readViews)
  return {
    names: found.map(({ name }) => name),
    unknown: found.filter(({ name, digest }) => !SHIPPED[name]?.includes(digest)),
  }
}

const AS_SHIPPED = { names: Object.keys(SHIPPED), unknown: [] }

describe('the views for reading', () => {
  test('are known as PostgreSQL 15 prints them', async () => {
    const url = await createAuditDatabase(stack.addresses)

    expect(await compare(url)).toEqual(AS_SHIPPED)
    expect(await within(url, changedViews)).toEqual([])
  })

  test('are known as PostgreSQL 18 prints them', async () => {
    await using server = await startPostgres18()
    await withClient(server.url, (client) => migrateAuditSchema(client))

    expect(await compare(server.url)).toEqual(AS_SHIPPED)
  })

  test.each([
    {
      change: 'hides an event',
      name: 'public.audit_events',
      sql: `DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW public.audit_events AS '
        || rtrim(pg_get_viewdef('public.audit_events'::regclass), ';') || ' AND e.event_name <> ''login'''; END $$`,
    },
    {
      change: 'takes a column from another one',
      name: 'audit.trail',
      sql: `DO $$ BEGIN EXECUTE 'CREATE OR REPLACE VIEW audit.trail AS '
        || replace(pg_get_viewdef('audit.trail'::regclass), 'r.occurred_at', 'r.recorded_at AS occurred_at'); END $$`,
    },
    {
      change: 'is a table now',
      name: 'audit.gaps',
      sql: 'CREATE TABLE audit.copied AS SELECT * FROM audit.gaps; DROP VIEW audit.gaps; ALTER TABLE audit.copied RENAME TO gaps',
    },
    {
      change: 'is a materialized view now',
      name: 'audit.gaps',
      sql: 'DROP VIEW audit.gaps; CREATE MATERIALIZED VIEW audit.gaps AS SELECT * FROM audit.find_gaps()',
    },
    {
      change: 'calls another function of the same name',
      name: 'audit.find_gaps()',
      sql: `ALTER FUNCTION audit.find_gaps(interval) RENAME TO found_gaps;
        CREATE FUNCTION audit.find_gaps() RETURNS SETOF audit.gaps LANGUAGE sql AS 'SELECT * FROM audit.found_gaps() LIMIT 0'`,
    },
  ])('$name that $change is named', async ({ name, sql }) => {
    const url = await createAuditDatabase(stack.addresses)
    await tamper(url, sql)

    expect(await within(url, changedViews)).toContain(name)
  })
})
