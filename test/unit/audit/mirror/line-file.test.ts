import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLineFile } from '../../../../src/audit/mirror/line-file.ts'

test('what waits for the disk is bounded, and what there is no room for is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-lines-'))
  const file = createLineFile(join(folder, 'a.log'), () => undefined)
  const line = `${'x'.repeat(2 ** 20 - 1)}\n`

  const taken = Array.from({ length: 20 }, () => file.append(line))
  await file.flush()

  expect(taken).toEqual([
    ...Array.from({ length: 16 }, () => true),
    ...[0, 1, 2, 3].map(() => false),
  ])
  expect(readFileSync(join(folder, 'a.log'))).toHaveLength(16 * 2 ** 20)
  expect(file.append('y\n')).toBe(true)
  await file.flush()
  rmSync(folder, { recursive: true })
})
