import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Stack, startStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { createUuidV7 } from '../../src/core/ids.ts'
import type { Manifest } from '../../src/verification/archive/manifest.ts'
import type { Proof, Verdict } from '../../src/verification/verification.ts'
import { tamper, withClient } from '../support/audit/audit-database.ts'
import { evidenceVectors } from '../support/audit/evidence-vectors.ts'
import { runProducer } from '../tamper/run-producer.ts'

// Checkpoints come every five seconds on an idle machine; this one may be busy.
const PATIENCE = { withinMillis: 240_000, everyMillis: 1_000 }
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const cli = fileURLToPath(new URL('../../dist/cli/telltale.js', import.meta.url))

let stack: Stack
let scratch: string

beforeAll(async () => {
  stack = await startStack()
  scratch = await mkdtemp(join(tmpdir(), 'telltale-e2e-verify-'))
})

afterAll(async () => {
  await stack?.stop()
  if (scratch) await rm(scratch, { recursive: true, force: true })
})

interface Run<Json> {
  readonly code: number
  readonly json: Json
}

interface Produced {
  readonly record_id: string
  readonly seal: number
  readonly leaf: number
}

/** Runs `telltale audit …` as an auditor would. */
function telltale<Json>(...words: readonly string[]): Promise<Run<Json>> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cli, 'audit', ...words, '--json'],
      { maxBuffer: 2 ** 26, timeout: 300_000 },
      (error, stdout) => {
        const code = error ? error.code : 0
        if (typeof code !== 'number') reject(error!)
        else resolve({ code, json: JSON.parse(stdout) as Json })
      },
    )
  })
}

function verifyTrail(...more: readonly string[]): Promise<Run<Verdict>> {
  const { postgresAuditor, checkpoints, checkpointPublicKey } = stack.addresses
  return telltale(
    'verify',
    '--postgres',
    postgresAuditor,
    '--checkpoints',
    checkpoints,
    '--public-key',
    checkpointPublicKey!,
    ...more,
  )
}

/** Verifies until everything is signed. */
function untilAttested(): Promise<Run<Verdict>> {
  return eventually(
    'a checkpoint over everything',
    () => verifyTrail(),
    ({ json }) => json.pending.seals === 0 || json.verdict === 'red',
    PATIENCE,
  )
}

function countRecords(url: string): Promise<number> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ records: number }>(
      'SELECT count(*)::int AS records FROM audit.records',
    )
    return rows[0]!.records
  })
}

/** Posts log records of plain OpenTelemetry, with everything that a value can be. */
async function postHostileRecords(): Promise<number> {
  const { auditOtlp, auditToken } = stack.addresses
  const values = evidenceVectors().valid.flatMap(({ input }) => input.record.attributes)
  // JSON cannot carry bytes under a text's name, and protobuf's JSON form has no other key.
  const carried = values.filter((attribute) => !/Bytes"/.test(JSON.stringify(attribute)))
  const records = carried.map((attribute) => ({
    timeUnixNano: `${Date.now()}000000`,
    eventName: 'hostile\u0000event',
    attributes: [
      text('audit.record.id', createUuidV7(Date.now())),
      text('audit.actor.id', 'a\u0000b'.repeat(500)),
      text('audit.actor.type', 'user'),
      text('audit.action', 'TRY'),
      text('audit.outcome', 'unknown'),
      { key: 'audit.details.flat', value: attribute.value },
      { key: 'audit.details', value: { kvlistValue: { values: [attribute] } } },
      { ...attribute, key: `own.${attribute.key}` },
    ],
    traceId: randomBytes(16).toString('hex'),
  }))
  const resource = { attributes: [text('service.name', 'hostile'), ...carried.slice(0, 20)] }
  const answer = await fetch(`${auditOtlp}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${auditToken}` },
    body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: records }] }] }),
  })
  expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)])
  return records.length
}

test('a trail that real producers wrote is green, proves and exports, and is red after one UPDATE', async () => {
  const { postgres, checkpoints, checkpointPublicKey, loki } = stack.addresses
  await runProducer('verified', 3, stack.addresses)
  const hostile = await postHostileRecords()

  const { code, json } = await untilAttested()

  expect({ code, ...json }).toMatchObject({ code: 0, verdict: 'green', first: null, problems: [] })
  const stored = await countRecords(postgres)
  expect(json.records).toBe(stored)
  // The service's 30, perhaps its start and its end; of the hostile ones a few are too deep and in quarantine.
  expect(stored).toBeGreaterThan(30 + hostile * 0.9)

  const witnessed = await eventually(
    'the checkpoints in Loki',
    () => verifyTrail('--loki', loki),
    (run) => run.code === 0,
    PATIENCE,
  )
  expect(witnessed.json.verdict).toBe('green')

  const produced = await withClient(postgres, async (client) => {
    const { rows } = await client.query<Produced>(
      `SELECT record_id, seal_number::int AS seal, leaf_index AS leaf FROM audit.records
       WHERE service_name = 'verified' AND event_name = 'reward_claimed' ORDER BY record_id`,
    )
    return rows
  })
  expect(produced).toHaveLength(30)
  const victim = produced[15]!
  const proof = await telltale<Proof>(
    'prove',
    victim.record_id,
    '--postgres',
    stack.addresses.postgresAuditor,
    '--checkpoints',
    checkpoints,
    '--public-key',
    checkpointPublicKey!,
  )
  const proofFile = join(scratch, 'proof.json')
  await writeFile(proofFile, JSON.stringify(proof.json))
  expect(
    await telltale('verify', '--proof', proofFile, '--public-key', checkpointPublicKey!),
  ).toMatchObject({ code: 0, json: { verdict: 'green', recordId: victim.record_id } })

  const archive = join(scratch, 'archive')
  const exported = await telltale<Manifest>(
    'export',
    '--postgres',
    stack.addresses.postgresAuditor,
    '--checkpoints',
    checkpoints,
    '--out',
    archive,
  )
  expect(exported).toMatchObject({ code: 0, json: { files: { records: { lines: stored } } } })
  const verifyArchive = () =>
    telltale<Verdict>('verify', '--archive', archive, '--public-key', checkpointPublicKey!)
  expect(await verifyArchive()).toMatchObject({
    code: 0,
    json: { verdict: 'green', records: stored },
  })

  await tamper(
    postgres,
    `UPDATE audit.records SET actor_id = 'mallory' WHERE record_id = '${victim.record_id}'`,
  )

  expect(await verifyTrail()).toMatchObject({
    code: 2,
    json: {
      verdict: 'red',
      first: {
        rule: 'column',
        recordId: victim.record_id,
        seal: victim.seal,
        leaf: victim.leaf,
      },
    },
  })
  // What was exported before is as it was.
  expect((await verifyArchive()).json.verdict).toBe('green')
})

test('what cannot be checked ends with 3 and says why', async () => {
  const { code, json } = await telltale<{ error: string }>(
    'verify',
    '--postgres',
    'postgres://nobody@127.0.0.1:1/none',
  )

  expect(code).toBe(3)
  expect(json.error).toContain('ECONNREFUSED')
})

function text(key: string, value: string): { key: string; value: { stringValue: string } } {
  return { key, value: { stringValue: value } }
}
