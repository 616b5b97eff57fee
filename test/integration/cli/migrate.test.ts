import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import { readMigrations } from '../../../src/cli/audit/migrations.ts'
import { runTelltale } from '../../support/telltale-cli.ts'
import { otherDatabase, query } from '../support/query.ts'

const open = new AsyncDisposableStack()
let server: string
let database: string
let count = 0
let newest: number
const versions = (url: string): Promise<readonly { readonly version: number }[]> =>
  query(url, 'SELECT version FROM audit.schema_migrations ORDER BY version')

beforeAll(async () => {
  const stack = open.use(await startPartOfStack(['postgres']))
  server = stack.addresses.postgres ?? ''
  newest = (await readMigrations()).at(-1)!.version
})
afterAll(async () => open.disposeAsync())
beforeEach(async () => {
  count += 1
  await query(server, `CREATE DATABASE fresh_${count}`)
  database = otherDatabase(server, `fresh_${count}`)
})

test('an empty database gets every migration, and a second run changes nothing', async () => {
  const migrations = await readMigrations()

  const first = await runTelltale(['audit', 'migrate', '--postgres', database, '--json'])
  const second = await runTelltale(['audit', 'migrate', '--json'], {
    TELLTALE_AUDIT_POSTGRES: database,
  })

  expect(first.stderr).toBe('')
  expect(first.json()).toMatchObject({
    before: 0,
    after: newest,
    dryRun: false,
    applied: migrations.map(({ version, name }) => ({ version, name })),
  })
  expect(await versions(database)).toEqual(migrations.map(({ version }) => ({ version })))
  expect(second.json()).toMatchObject({
    before: newest,
    after: newest,
    applied: [],
    partitionsCreated: [],
  })
})

test('runs at the same time wait for each other', async () => {
  const runs = await Promise.all(
    [1, 2, 3].map(() => runTelltale(['audit', 'migrate', '--postgres', database, '--json'])),
  )

  expect(runs.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    runs.map(() => ({ code: 0, stderr: '' })),
  )
  expect(runs.filter((run) => run.json()['before'] === 0)).toHaveLength(1)
})

test('a dry run says what it would do and leaves the database as it was', async () => {
  const { code, stdout } = await runTelltale([
    'audit',
    'migrate',
    '--postgres',
    database,
    '--dry-run',
  ])

  expect(code).toBe(0)
  expect(stdout).toContain('migration 1 (audit_trail) would be applied\n')
  expect(stdout).toContain('nothing was changed\n')
  expect(await query(database, `SELECT FROM pg_namespace WHERE nspname = 'audit'`)).toEqual([])
})

test('the floor of the retention is set, and only once to the same', async () => {
  const floor = (days: number): Promise<{ readonly code: number | null }> =>
    runTelltale([
      'audit',
      'migrate',
      '--postgres',
      database,
      '--retention-floor-days',
      String(days),
    ])

  const codes = [await floor(90), await floor(90), await floor(120), await floor(61)]

  expect(codes.map(({ code }) => code)).toEqual([0, 0, 0, 3])
  expect(
    await query(database, 'SELECT floor_days FROM audit.retention_floors ORDER BY set_at'),
  ).toEqual([{ floor_days: 90 }, { floor_days: 120 }])
})

test('a schema newer than this telltale is refused', async () => {
  await runTelltale(['audit', 'migrate', '--postgres', database])
  await query(
    database,
    `INSERT INTO audit.schema_migrations (version, name) VALUES (9999, 'later')`,
  )

  const { code, stderr } = await runTelltale(['audit', 'migrate', '--postgres', database])

  expect(code).toBe(3)
  expect(stderr).toContain('is newer than this telltale: it has migration 9999')
})

test('whoever lacks the rights is told so, and nothing is changed', async () => {
  const login = new URL(await smallOwnersDatabase())

  const { code, stderr } = await runTelltale(['audit', 'migrate', '--postgres', login.href])

  expect(code).toBe(3)
  expect(stderr).toContain('migration 1 (audit_trail) failed and nothing was changed: ')
  expect(stderr).toContain('Migrating needs a superuser')
  expect(stderr).not.toContain(login.password)
})

test('what --print writes makes the same schema', async () => {
  const { stdout } = await runTelltale(['audit', 'migrate', '--print'])

  await query(database, stdout)

  const { stdout: again } = await runTelltale([
    'audit',
    'migrate',
    '--postgres',
    database,
    '--json',
  ])
  expect(JSON.parse(again)).toMatchObject({ before: newest, applied: [], partitionsCreated: [] })
})

test.each([
  [[], '"--postgres" is missing'],
  [['--postgres', 'mysql://x:secret@y/z'], 'must be a URL postgres://user@host:port/database'],
  [['--postgres', 'postgres://x:secret@127.0.0.1:1/z'], 'no connection to x@127.0.0.1:1/z'],
  [['--print', '--dry-run'], 'use either'],
])('%j ends with exit code 3 and a reason, and shows no password', async (words, reason) => {
  const { code, stdout, stderr } = await runTelltale(['audit', 'migrate', ...words])

  expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
  expect(stderr).toContain(reason)
  expect(stderr).not.toContain('secret')
})

test('the variables of libpq say where the database is', async () => {
  const { hostname, port, username, password } = new URL(database)

  const { code } = await runTelltale(['audit', 'migrate'], {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: username,
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: new URL(database).pathname.slice(1),
  })

  expect(code).toBe(0)
  expect(await versions(database)).not.toEqual([])
})

/** A database whose owner may do nothing on the server. */
async function smallOwnersDatabase(): Promise<string> {
  await query(server, `CREATE ROLE small_${count} LOGIN PASSWORD 'little-rights'`)
  await query(server, `CREATE DATABASE small_${count} OWNER small_${count}`)
  const url = new URL(otherDatabase(server, `small_${count}`))
  url.username = `small_${count}`
  url.password = 'little-rights'
  return url.href
}
