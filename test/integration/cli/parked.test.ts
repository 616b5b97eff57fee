import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parkRecord } from '../../../src/audit/spool/parked.ts'
import { runTelltale } from '../../support/telltale-cli.ts'

let spool: string
let receiver: Server
let endpoint: string
const streamId = randomUUID()
const good = randomUUID()
const bad = randomUUID()

/** Answers as the audit receiver does: with a receipt, or with 400 for what it cannot read. */
beforeEach(async () => {
  spool = mkdtempSync(join(tmpdir(), 'telltale-spool-'))
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.headers.authorization !== 'Bearer the-token') response.writeHead(401)
      else if (Buffer.concat(chunks).includes(bad)) response.writeHead(400)
      else {
        response.writeHead(200, {
          'telltale-audit-format': 'telltale/1',
          'telltale-audit-committed': '1',
        })
      }
      response.end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
})
afterEach(async () => {
  rmSync(spool, { recursive: true, force: true })
  await new Promise((resolve) => receiver.close(resolve))
})

async function park(recordId: string, sequence: number, minute: number): Promise<void> {
  await parkRecord(
    spool,
    streamId,
    {
      recordId,
      sequence,
      eventName: 'user_logged_in',
      timeUnixNano: 1_700_000_000_000_000_000n,
      evidence: Buffer.from(`{"secret":"hunter2-${recordId}"}`),
    },
    'HTTP 400 too deep',
    Date.UTC(2026, 10, 21, 15, minute),
  )
}

test('what is parked is listed, the oldest first, without its content', async () => {
  await park(bad, 8, 2)
  await park(good, 7, 1)

  const { code, stdout, json } = await runTelltale(['audit', 'parked', '--spool', spool, '--json'])

  expect(code).toBe(1)
  expect(json()).toMatchObject({
    spool,
    delivered: [],
    parked: [
      {
        recordId: good,
        sequence: 7,
        streamId,
        reason: 'HTTP 400 too deep',
        parkedAt: '2026-11-21T15:01:00.000Z',
      },
      { recordId: bad, sequence: 8 },
    ],
  })
  expect(stdout).not.toContain('hunter2')
})

test('sent again, what is committed is parked no more, and the rest says why it stays', async () => {
  await park(good, 7, 1)
  await park(bad, 8, 2)

  const { code, stdout } = await runTelltale(
    ['audit', 'parked', '--spool', spool, '--resend', '--endpoint', endpoint],
    { TELLTALE_AUDIT_TOKEN: 'the-token' },
  )

  expect(code).toBe(1)
  expect(stdout).toContain(`delivered  ${good}`)
  expect(stdout).toMatch(new RegExp(`^parked +${bad}.*HTTP 400`, 'm'))
  const { json } = await runTelltale(['audit', 'parked', '--spool', spool, '--json'])
  expect(json()['parked']).toMatchObject([{ recordId: bad }])
})

test('nothing parked is exit code 0; no spool, no receiver and no token are errors', async () => {
  const none = await runTelltale(['audit', 'parked'], { TELLTALE_AUDIT_SPOOL_DIRECTORY: spool })
  const away = await runTelltale(['audit', 'parked', '--spool', join(spool, 'away')])
  await park(good, 7, 1)
  const resend = ['audit', 'parked', '--spool', spool, '--resend']
  const nowhere = await runTelltale(resend)
  const refused = await runTelltale([...resend, '--endpoint', endpoint])

  expect(none).toMatchObject({ code: 0, stdout: `0 parked in ${spool}\n` })
  expect(away).toMatchObject({ code: 3, stdout: '' })
  expect(away.stderr).toContain('there is no spool at')
  expect(nowhere.code).toBe(3)
  expect(nowhere.stderr).toContain('"--endpoint" is missing')
  expect(refused.code).toBe(1)
  expect(refused.stdout).toContain('set TELLTALE_AUDIT_TOKEN')
})
