import { expect, test } from 'vitest'
import { toSpoolCheck } from '../../../src/wiring/health-checks.ts'

const status = {
  directory: '/var/spool/telltale',
  backlogRecords: 3,
  bytes: 1_800,
  maxBytes: 2 ** 30,
  oldestAgeSeconds: 12.5,
}

test('a spool that takes records is healthy, whatever waits in it', () => {
  expect(toSpoolCheck(status)).toEqual({
    status: 'healthy',
    figures: { backlogRecords: 3, bytes: 1_800, maxBytes: 2 ** 30, oldestAgeSeconds: 12.5 },
  })
})

test('a spool that takes none is degraded, and says why', () => {
  expect(toSpoolCheck({ ...status, problem: 'no space left on device' })).toMatchObject({
    status: 'degraded',
    figures: { problem: 'no space left on device', backlogRecords: 3 },
  })
})
