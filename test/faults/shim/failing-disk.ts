/**
 * The same as failing-disk.c where there is no C compiler: makes calls of node:fs on files below one folder fail. Loaded
 * before the SDK; sees what JavaScript asks for, not what libuv makes of it.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { constants } from 'node:os'

/** By the name in the log: functions that exist as `name`, `nameSync` and mostly among the promises. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  open: ['open'],
  read: ['read', 'readv', 'readFile'],
  write: ['write', 'writev', 'writeFile', 'appendFile'],
  fsync: ['fsync'],
  fdatasync: ['fdatasync'],
  ftruncate: ['ftruncate', 'truncate'],
  rename: ['rename'],
  unlink: ['unlink'],
  mkdir: ['mkdir'],
  rmdir: ['rmdir', 'rm'],
}
const { FAULT_FOLDER: folder = '', FAULT_LOG: logFile = '' } = process.env
const first = Number(process.env['FAULT_CALL'])
const times = Number(process.env['FAULT_TIMES'])
const errno = Number(process.env['FAULT_ERRNO'])
const code = Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? 'EIO'
const { readlinkSync, writeSync } = fs
const log = fs.openSync(logFile, 'a', 0o600)
let calls = 0

type Call = (...given: unknown[]) => unknown
const sync = fs as unknown as Record<string, Call>
const promises = fs.promises as unknown as Record<string, Call>

for (const [name, functions] of Object.entries(CALLS)) {
  for (const each of functions) {
    replace(sync, `${each}Sync`, name, (error) => {
      throw error
    })
    replace(sync, each, name, (error, given) => {
      process.nextTick(given.at(-1) as Call, error)
    })
    replace(promises, each, name, async (error) => {
      throw error
    })
  }
}
syncBuiltinESMExports()

function replace(
  owner: Record<string, Call>,
  key: string,
  name: string,
  fail: (error: Error, given: readonly unknown[]) => unknown,
): void {
  const real = owner[key]
  if (!real) return
  owner[key] = function failing(this: unknown, ...given: unknown[]): unknown {
    if (!isOurs(given[0]) || !isDue(name)) return Reflect.apply(real, this, given)
    const error = new Error(`${code}: made to fail, ${name}`)
    return fail(Object.assign(error, { code, errno: -errno, syscall: name }), given)
  }
}

/** A path, or a descriptor of one. */
function isOurs(target: unknown): boolean {
  if (typeof target === 'string') return target.startsWith(folder)
  if (typeof target !== 'number') return false
  try {
    return readlinkSync(`/proc/self/fd/${target}`).startsWith(folder)
  } catch {
    return false
  }
}

function isDue(name: string): boolean {
  calls += 1
  const due = first > 0 && calls >= first && calls < first + times
  writeSync(log, `${name}${due ? ' failed' : ''}\n`)
  return due
}
