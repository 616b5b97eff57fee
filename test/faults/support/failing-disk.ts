import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NotHere } from './not-here.ts'

const run = promisify(execFile)
const SOURCE = fileURLToPath(new URL('../shim/failing-disk.c', import.meta.url))

/** Which calls on which folder fail. */
export interface DiskOrder {
  readonly folder: string
  /** From 1; 0 lets all succeed. */
  readonly call: number
  readonly times?: number
  readonly error?: 'EIO' | 'ENOSPC'
}

/** A library that makes chosen calls of a process on the disk fail. */
export interface FailingDisk {
  /** The variables that put it under a process; with the same log for all. */
  variables(order: DiskOrder): Record<string, string>
  /** The calls so far by name, in their order; `failed` behind those that were made to. */
  calls(): string[]
}

/**
 * Builds the library with the machine's C compiler.
 *
 * @throws {NotHere} when there is none
 */
export async function buildFailingDisk(folder: string): Promise<FailingDisk> {
  const library = join(folder, 'failing-disk.so')
  const log = join(folder, 'disk-calls.log')
  try {
    await run('cc', ['-shared', '-fPIC', '-O1', '-o', library, SOURCE, '-ldl'])
  } catch (error) {
    const cause = { cause: error }
    throw new NotHere(
      'calls on the disk are made to fail by a library that needs a C compiler: cc',
      cause,
    )
  }
  return {
    variables: ({ folder: failing, call, times = 1, error = 'EIO' }) => ({
      LD_PRELOAD: library,
      FAULT_FOLDER: failing,
      FAULT_LOG: log,
      FAULT_CALL: String(call),
      FAULT_TIMES: String(times),
      FAULT_ERRNO: String(constants.errno[error]),
    }),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
  }
}
