import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type PartialAddresses, type Stack, startPartOfStack } from '../../../deploy/stack/stack.ts'
import { verify, type Verdict } from '../../../src/verification/verification.ts'
import { createAuditDatabase, tamper, withClient } from '../../support/audit/audit-database.ts'
import { writeCheckpointFolder } from '../../support/audit/checkpoint-folder.ts'
import { writeToPostgres } from '../../support/audit/trail-to-postgres.ts'
import { TrailWriter } from '../../support/audit/trail-writer.ts'
import { createSelfSigned } from '../../support/self-signed.ts'

const NEWEST_SCHEMA = 1_000
/** More than fits into one record of TLS, and into one read of a socket. */
const RECORDS = 400

vi.setConfig({ testTimeout: 300_000 })

let stack: Stack<PartialAddresses>
let folder: string
let rootCertificate: string

beforeAll(async () => {
  stack = await startPartOfStack(['postgres'])
  folder = await mkdtemp(join(tmpdir(), 'telltale-tls-'))
  rootCertificate = join(folder, 'root.crt')
  const { key, certificate } = await createSelfSigned()
  await writeFile(rootCertificate, certificate)
  await withClient(stack.addresses.postgres!, async (client) => {
    // By the server itself, into its data folder: the key must belong to the server's user, and nobody else may read it.
    for (const [file, text] of [
      ['server.crt', certificate],
      ['server.key', key],
    ]) {
      const lines = text!.trim().split('\n')
      const values = lines.map((line, place) => `(${place}, ${client.escapeLiteral(line)})`)
      await client.query(
        `COPY (SELECT line FROM (VALUES ${values.join(', ')}) AS of_file (place, line) ORDER BY place)
         TO PROGRAM 'umask 077 && cat > ${file}'`,
      )
    }
    await client.query('ALTER SYSTEM SET ssl = on')
    await client.query('SELECT pg_reload_conf()')
  })
}, 300_000)

afterAll(async () => {
  await stack?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true })
})

/** As it stands in the URL that people give. */
function overTls(url: string): string {
  const secured = new URL(url)
  secured.hostname = 'localhost'
  secured.search = new URLSearchParams({
    sslmode: 'verify-full',
    sslrootcert: rootCertificate,
  }).toString()
  return secured.href
}

test('a trail is verified over TLS, by all threads, and its faults are found there as well', async () => {
  const writer = new TrailWriter()
  const sealer = writer.uuid()
  for (let sealed = 0; sealed < RECORDS; sealed += 50) {
    writer.seal(
      sealer,
      Array.from({ length: 50 }, () => writer.record()),
    )
  }
  writer.checkpoint(sealer, 'closed')
  const url = await createAuditDatabase(stack.addresses)
  await writeToPostgres(url, writer.rows)
  await using checkpoints = await writeCheckpointFolder(writer)
  const verifyOverTls = (): Promise<Verdict> =>
    verify({
      postgres: { connectionString: overTls(url) },
      newestSchema: NEWEST_SCHEMA,
      threads: 2,
      rangeLeaves: 200,
      checkpoints: [checkpoints.checkpoints],
      publicKeys: [checkpoints.publicKey],
    })

  await vi.waitFor(
    () =>
      withClient(overTls(url), async (client) => {
        const { rows } = await client.query(
          'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
        )
        expect(rows).toEqual([{ ssl: true }])
      }),
    { timeout: 60_000, interval: 200 },
  )
  expect(await verifyOverTls()).toMatchObject({ verdict: 'green', records: RECORDS, problems: [] })

  const victim = writer.rows.records.at(-1)!
  await tamper(
    url,
    `UPDATE audit.records SET actor_id = 'nobody' WHERE record_id = '${victim.recordId}'`,
  )
  expect(await verifyOverTls()).toMatchObject({
    verdict: 'red',
    first: { rule: 'column', recordId: victim.recordId },
  })
})

test('a server that is not who its certificate says is not verified', async () => {
  const url = new URL(overTls(await createAuditDatabase(stack.addresses)))
  url.hostname = '127.0.0.1'

  await expect(
    verify({ postgres: { connectionString: url.href }, newestSchema: NEWEST_SCHEMA, threads: 1 }),
  ).rejects.toThrow('127.0.0.1')
})
