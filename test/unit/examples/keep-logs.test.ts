import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keepLogs } from '../../../examples/support/keep-logs.ts'

test('the logs of a stack are kept although a spool beside them is locked by a socket', async () => {
  const logs = mkdtempSync(join(tmpdir(), 'telltale-test-'))
  writeFileSync(join(logs, 'api.log'), 'a line')
  const lock = createServer().listen(join(logs, 'lock'))
  await once(lock, 'listening')

  const folder = await keepLogs(logs, 'test')

  expect(readFileSync(join(folder, 'api.log'), 'utf8')).toBe('a line')
  lock.close()
  for (const each of [logs, folder]) rmSync(each, { recursive: true, force: true })
})
