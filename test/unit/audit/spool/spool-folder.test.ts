import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  defaultSpoolDirectory,
  prepareSpoolFolder,
} from '../../../../src/audit/spool/spool-folder.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tt-'))))
afterEach(() => rmSync(folder, { recursive: true }))

test('a folder that is missing is made, for its user alone', () => {
  const directory = join(folder, 'a', 'b')

  expect(prepareSpoolFolder(directory).problem).toBeUndefined()
  expect(statSync(directory).mode & 0o777).toBe(0o700)
})

test('the names of folders that are made are on the disk before a record is', () => {
  const synced: string[] = []
  const directory = join(folder, 'a', 'b', 'c')
  prepareSpoolFolder(directory, (path) => void synced.push(path))
  prepareSpoolFolder(directory, (path) => void synced.push(path))

  expect(synced).toEqual([join(folder, 'a', 'b'), join(folder, 'a'), folder])
})

test('a symbolic link is refused, wherever it leads', () => {
  mkdirSync(join(folder, 'real'))
  symlinkSync(join(folder, 'real'), join(folder, 'link'))

  expect(prepareSpoolFolder(join(folder, 'link')).problem).toContain('symbolic link')
})

test('a file is no folder', () => {
  writeFileSync(join(folder, 'file'), '')

  expect(prepareSpoolFolder(join(folder, 'file')).problem).toContain('cannot be made')
})

test.each([0o770, 0o707, 0o777])('a folder that others may write to (%o) is refused', (mode) => {
  chmodSync(folder, mode)

  expect(prepareSpoolFolder(folder).problem).toContain(`mode ${mode.toString(8)}`)
})

test('the longest path is that for which its sockets have room', () => {
  const limit = process.platform === 'linux' ? 64 : 60
  const fits = join(folder, 'x'.repeat(limit - Buffer.byteLength(folder) - 1))

  expect(prepareSpoolFolder(fits).problem).toBeUndefined()
  expect(prepareSpoolFolder(`${fits}x`).problem).toContain(
    `${limit + 1} bytes and may have ${limit}`,
  )
})

test('a relative path is refused: it would move with the working directory', () => {
  expect(prepareSpoolFolder('spool').problem).toContain('absolute')
})

test.each([
  ['/home/ada', undefined, '/home/ada/.local/state/telltale/audit'],
  ['/home/ada', '/state', '/state/telltale/audit'],
  // The specification of the base directories has relative ones ignored.
  ['/home/ada', 'state', '/home/ada/.local/state/telltale/audit'],
])('by default the spool of %s with XDG_STATE_HOME %s is %s', (home, stateHome, directory) => {
  expect(defaultSpoolDirectory(home, stateHome)).toBe(directory)
})
