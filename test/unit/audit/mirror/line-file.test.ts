import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLineFile, type LineFile } from '../../../../src/audit/mirror/line-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'telltale-lines-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('what waits for the disk is bounded, and what there is no room for is refused', async () => {
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
})

test('a file that is shared and moved away again and again loses no line and tears none', async () => {
  const path = join(folder, 'audit.log')
  const errors: unknown[] = []
  const writers = ['api', 'worker'].map((name) => ({
    name,
    file: createLineFile(path, (failure) => failure && errors.push(failure)),
  }))
  const total = 200

  let moved = 0
  const over = new AbortController()
  const all = Promise.all(writers.map(async ({ name, file }) => write(file, name, total)))
  void all.finally(() => over.abort())
  while (!over.signal.aborted) {
    await nextTurn()
    if (existsSync(path)) renameSync(path, `${path}.${(moved += 1)}`)
  }
  await all

  expect(errors).toEqual([])
  expect(moved).toBeGreaterThan(2)
  const seen = new Map<string, number[]>()
  const files = Array.from({ length: moved }, (_, index) => `${path}.${index + 1}`)
  for (const file of [...files, path].filter((each) => existsSync(each))) {
    const text = readFileSync(file, 'utf8')
    expect(text.endsWith('\n')).toBe(true)
    for (const line of text.trimEnd().split('\n')) {
      const { name, index } = JSON.parse(line) as { readonly name: string; readonly index: number }
      seen.set(name, [...(seen.get(name) ?? []), index])
    }
  }
  const inOrder = Array.from({ length: total }, (_, index) => index)
  expect(Object.fromEntries(seen)).toEqual({ api: inOrder, worker: inOrder })
})

/** Lines of 64 KiB, some dozens at a time: more than is written in one piece elsewhere. */
async function write(file: LineFile, name: string, total: number): Promise<void> {
  for (let index = 0; index < total; index += 1) {
    const line = JSON.stringify({ name, index, filler: 'x'.repeat(2 ** 16) })
    expect(file.append(`${line}\n`)).toBe(true)
    if (index % 40 === 39) await file.flush()
  }
  await file.flush()
}

test('what follows half a line begins a line of its own', async () => {
  const path = join(folder, 'audit.log')
  const file = createLineFile(path, () => undefined)
  // A disk that was full, or a process that was killed while it wrote.
  appendFileSync(path, '{"action":"db_ba')

  file.append('{"action":"db_backup_started"}\n')
  await file.flush()
  file.append('{"action":"db_backup_succeeded"}\n')
  await file.flush()

  expect(readFileSync(path, 'utf8').split('\n')).toEqual([
    '{"action":"db_ba',
    '{"action":"db_backup_started"}',
    '{"action":"db_backup_succeeded"}',
    '',
  ])
  expect(readdirSync(folder)).toEqual(['audit.log'])
})

const lines = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n')

test('what waits is written at once when the process ends', async () => {
  const path = join(folder, 'audit.log')
  const file = createLineFile(path, () => undefined)
  file.append('first\n')
  await file.flush()
  file.append('second\n')
  await Promise.resolve()
  file.append('third\n')

  file.settle()

  expect(lines(path)).toEqual(['first', 'second', 'third'])
})

test.each([0, 1, 2, 5, 50])('and only once, if %i turns have gone by', async (turns) => {
  const path = join(folder, 'audit.log')
  const file = createLineFile(path, () => undefined)
  file.append('first\n')
  for (let turn = 0; turn < turns; turn += 1) await nextTurn()
  file.append('second\n')

  file.settle()
  // What the thread pool was given it still does when the process ends.
  await file.flush()
  file.settle()

  expect(lines(path).toSorted()).toEqual(['first', 'second'])
})

test('what is written at the end begins a line of its own', () => {
  const path = join(folder, 'audit.log')
  appendFileSync(path, '{"action":"db_ba')
  const file = createLineFile(path, () => undefined)
  file.append('first\n')

  file.settle()

  expect(lines(path)).toEqual(['{"action":"db_ba', 'first'])
})

test('what cannot be written at the end is told', () => {
  const errors: unknown[] = []
  const file = createLineFile(folder, (failure) => failure && errors.push(failure))
  file.append('first\n')
  file.append('second\n')

  file.settle()

  expect(errors).toMatchObject([{ error: { code: 'EISDIR' }, lines: 2 }])
})

test('a pipe that nobody reads is told, and holds up neither a thread nor the end', async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const errors: unknown[] = []
  const file = createLineFile(path, (failure) => failure && errors.push(failure))

  file.append('first\n')
  await file.flush()
  file.append('second\n')
  file.settle()

  expect(errors).toMatchObject([
    { error: { code: 'ENXIO' }, lines: 1 },
    { error: { code: 'ENXIO' }, lines: 1 },
  ])
})

test('a pipe whose reader is slow gets all, and one whose reader has stopped is given up', async () => {
  const path = join(folder, 'pipe')
  execFileSync('mkfifo', [path])
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const errors: unknown[] = []
  const file = createLineFile(path, (failure) => failure && errors.push(failure), {
    stallMillis: 200,
  })
  const line = `${'x'.repeat(2 ** 17 - 1)}\n`
  try {
    file.append(line)
    const flushed = file.flush()
    for (let read = 0; read < line.length; read += readSome(reader)) await nextTurn()
    await flushed
    expect(errors).toEqual([])

    file.append(line)
    await file.flush()
    expect(errors).toMatchObject([{ error: { code: 'EAGAIN' }, lines: 1 }])
  } finally {
    closeSync(reader)
  }
})

/** How much there was to read in a pipe. */
function readSome(pipe: number): number {
  try {
    return readSync(pipe, Buffer.alloc(2 ** 12))
  } catch {
    // Nothing yet.
    return 0
  }
}
