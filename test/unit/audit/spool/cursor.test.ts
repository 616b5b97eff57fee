import * as fc from 'fast-check'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  decodeCursor,
  encodeCursor,
  readCursor,
  START,
  writeCursor,
  type Cursor,
} from '../../../../src/audit/spool/cursor.ts'

const cursor: fc.Arbitrary<Cursor> = fc.record({
  segment: fc.integer({ min: 1, max: 2 ** 31 }),
  offset: fc.maxSafeNat(),
  skippedBytes: fc.maxSafeNat(),
  lastSequence: fc.maxSafeNat(),
  ended: fc.boolean(),
})

let lane: string
beforeEach(() => void (lane = mkdtempSync(join(tmpdir(), 'tt-'))))
afterEach(() => rmSync(lane, { recursive: true }))

test('a cursor is read as it was written', () => {
  fc.assert(
    fc.property(cursor, (one) => {
      expect(decodeCursor(encodeCursor(one))).toEqual(one)
    }),
  )
})

test('a cursor with any byte altered, or cut anywhere, is none', () => {
  fc.assert(
    fc.property(cursor, fc.nat(), fc.integer({ min: 1, max: 255 }), (one, at, mask) => {
      const bytes = encodeCursor(one)
      expect(decodeCursor(bytes.subarray(0, at % bytes.length))).toBeUndefined()
      bytes[at % bytes.length]! ^= mask
      expect(decodeCursor(bytes)).toBeUndefined()
    }),
  )
})

test('a lane without a cursor, or with a torn one, is delivered from its beginning', async () => {
  expect(await readCursor(lane)).toEqual(START)

  writeFileSync(join(lane, 'cursor'), 'TLC1')
  expect(await readCursor(lane)).toEqual(START)
})

test('the newest cursor counts, and the file is for its owner alone', async () => {
  await writeCursor(lane, { ...START, offset: 100 })
  await writeCursor(lane, { ...START, offset: 200 })

  expect(await readCursor(lane)).toEqual({ ...START, offset: 200 })
  expect(statSync(join(lane, 'cursor')).mode & 0o777).toBe(0o600)
})

test('a symbolic link in the place of a cursor is not followed', async () => {
  writeFileSync(join(lane, 'other'), 'somebody needs this')
  symlinkSync(join(lane, 'other'), join(lane, 'cursor'))

  await expect(writeCursor(lane, START)).rejects.toMatchObject({ code: 'ELOOP' })
  expect(readFileSync(join(lane, 'other'), 'utf8')).toBe('somebody needs this')
})
