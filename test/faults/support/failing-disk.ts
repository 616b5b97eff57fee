import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadOptions } from '../field.ts'

const run = promisify(execFile)
const IN_C = fileURLToPath(new URL('../shim/failing-disk.c', import.meta.url))
const IN_NODE = new URL('../shim/failing-disk.ts', import.meta.url).href

/** Which calls on which folder fail. */
export interface DiskOrder {
  readonly folder: string
  /** From 1; 0 lets all succeed. */
  readonly call: number
  readonly times: number
  readonly error: 'EIO' | 'ENOSPC'
}

/** Makes chosen calls of a process on the disk fail. */
export interface FailingDisk {
  /** How it is done, for people. */
  readonly way: string
  /** What puts it under a producer; all share one log. */
  under(order: DiskOrder): Pick<LoadOptions, 'variables' | 'nodeArguments'>
  /** The calls so far by name, in their order; `failed` behind those that were made to. */
  calls(): string[]
}

/** A library built with the machine's C compiler, or where there is none a module that replaces node:fs. */
export async function createFailingDisk(folder: string): Promise<FailingDisk> {
  const library = join(folder, 'failing-disk.so')
  const log = join(folder, 'disk-calls.log')
  const isBuilt = await build(library)
  return {
    way: isBuilt ? 'system calls, by a library' : 'calls of node:fs, for want of a C compiler',
    under: ({ folder: failing, call, times, error }) => ({
      ...(!isBuilt && { nodeArguments: ['--import', IN_NODE] }),
      variables: {
        ...(isBuilt && { LD_PRELOAD: library }),
        FAULT_FOLDER: failing,
        FAULT_LOG: log,
        FAULT_CALL: String(call),
        FAULT_TIMES: String(times),
        FAULT_ERRNO: String(constants.errno[error]),
      },
    }),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
  }
}

async function build(library: string): Promise<boolean> {
  try {
    await run('cc', ['-shared', '-fPIC', '-O1', '-o', library, IN_C, '-ldl'])
    return true
  } catch {
    return false
  }
}
