import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { reasonForNoService } from '../../../src/wiring/no-service.ts'

test.each([
  ['/usr/lib/node_modules/npm/bin/npm-cli.js', 'this process is a package manager'],
  ['/usr/bin/yarn', 'this process is a package manager'],
  ['/srv/shop/server.js', undefined],
  ['/srv/shop/telltale.js', undefined],
  ['/srv/npm/server.js', undefined],
  [undefined, undefined],
])('a process that runs %s is no service because %s', (script, reason) => {
  expect(reasonForNoService(script)).toBe(reason)
})

test('the command is known behind the link that npm makes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telltale-bin-'))
  try {
    const cli = join(folder, 'telltale', 'dist', 'cli')
    mkdirSync(cli, { recursive: true })
    writeFileSync(join(cli, 'telltale.js'), '')
    symlinkSync(join(cli, 'telltale.js'), join(folder, 'telltale-link'))

    expect(reasonForNoService(join(folder, 'telltale-link'))).toBe(
      'this process is the command telltale',
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
