import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { assert } from '../../support/assert.ts'
import { type Ran, runScript } from '../../support/run-script.ts'
import type { Stage } from '../../support/stage.ts'
import { startS3Server } from './s3-server.ts'

const directory = new URL('../', import.meta.url)

/** Backs up, destroys and restores: from a folder, and from S3. */
export async function proveBackups(stage: Stage, databaseUrl: string): Promise<void> {
  const { open, prove } = stage
  const s3 = open.use(await startS3Server())
  const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' }
  const variables = { DATABASE_URL: databaseUrl, S3_ENDPOINT: s3.endpoint, ...credentials }
  const folder = await mkdtemp(join(tmpdir(), 'course-platform-'))
  open.defer(async () => rm(folder, { recursive: true, force: true }))

  await prove('backup to a folder, and restore', async () => {
    const name = await backUp(folder, variables)
    await change(databaseUrl, `DELETE FROM courses WHERE id = 2`)
    succeed(await restore(folder, name, variables, ['--yes']))
    assert((await count(databaseUrl)) === 3, 'a course is missing after the restore')
    // The format is one that pg_restore reads; somebody has been at this one.
    await appendFile(join(folder, name), 'x')
    const spoilt = await restore(folder, name, variables, ['--yes'])
    assert(spoilt.code === 1, 'a backup that was changed was restored')
    assert(spoilt.stderr.includes('is not what was backed up'), `it says ${spoilt.stderr}`)
  })
  await prove('backups say until when they are to be kept', async () => {
    for (const [args, days] of [
      [[], 35],
      [['--keep-days', '7'], 7],
    ] as const) {
      const name = await backUp(folder, variables, args)
      const text = await readFile(join(folder, `${name}.json`), 'utf8')
      const facts = JSON.parse(text) as Readonly<Record<'createdAt' | 'deleteAfter', string>>
      const kept = (Date.parse(facts.deleteAfter) - Date.parse(facts.createdAt)) / 86_400_000
      assert(kept === days, `it is kept ${kept} days, not ${days}`)
      assert(Math.abs(Date.parse(facts.createdAt) - Date.now()) < 60_000, 'it was made elsewhen')
    }
  })
  const bucket = `s3://${s3.bucket}/nightly`
  await prove('backup to S3 in STANDARD_IA, and restore', async () => {
    const name = await backUp(bucket, variables)
    const client = new S3Client({
      endpoint: s3.endpoint,
      region: 'eu-central-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
    })
    const { StorageClass: storageClass, Metadata: metadata } = await client.send(
      new HeadObjectCommand({ Bucket: s3.bucket, Key: `nightly/${name}` }),
    )
    assert(storageClass === 'STANDARD_IA', `its storage class is ${storageClass}`)
    assert(
      Date.parse(metadata?.['delete-after'] ?? '') > Date.now(),
      'it does not say when it may go',
    )
    await change(databaseUrl, 'DELETE FROM courses')
    succeed(await restore(bucket, name, variables, ['--yes']))
    assert((await count(databaseUrl)) === 3, 'a course is missing after the restore')
  })
  await prove('restore asks before it overwrites', async () => {
    const name = await backUp(folder, variables)
    await change(databaseUrl, `INSERT INTO courses VALUES (4, 'Kites', 5)`)
    const refused = await restore(folder, name, variables, [], 'no\n')
    assert(refused.stderr.includes('Overwrite them?'), 'it did not ask')
    assert(refused.code === 1 && (await count(databaseUrl)) === 4, 'it overwrote all the same')
    succeed(await restore(folder, name, variables, [], 'overwrite\n'))
    assert((await count(databaseUrl)) === 3, 'it did not restore what it was told to')
    await change(databaseUrl, 'CREATE SCHEMA archive; ALTER TABLE courses SET SCHEMA archive')
    const elsewhere = await restore(folder, name, variables, [], 'no\n')
    assert(elsewhere.stderr.includes('has 1 tables'), 'it did not ask about a table of a schema')
    await change(databaseUrl, 'ALTER TABLE archive.courses SET SCHEMA public; DROP SCHEMA archive')
  })
}

async function backUp(
  to: string,
  variables: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Promise<string> {
  const args = ['scripts/backup.ts', '--to', to, ...more]
  const ran = await runScript({ directory, args, variables })
  succeed(ran)
  return ran.stdout.trim()
}

async function restore(
  from: string,
  name: string,
  variables: Readonly<Record<string, string>>,
  more: readonly string[],
  input?: string,
): Promise<Ran> {
  const args = ['scripts/restore.ts', '--from', from, '--name', name, ...more]
  return runScript({ directory, args, variables, ...(input !== undefined && { input }) })
}

function succeed({ code, stderr }: Ran): void {
  assert(code === 0, `it ended with ${code}: ${stderr}`)
}

async function change(databaseUrl: string, text: string): Promise<void> {
  await query(databaseUrl, text)
}

async function count(databaseUrl: string): Promise<number> {
  const rows = await query(databaseUrl, 'SELECT count(*)::int AS count FROM courses')
  return rows[0]?.count ?? 0
}

async function query(databaseUrl: string, text: string): Promise<readonly { count: number }[]> {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query<{ count: number }>(text)).rows
  } finally {
    await client.end()
  }
}
