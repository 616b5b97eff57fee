import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { Application } from './application.ts'
import { startsTelltale } from './check-start.ts'
import { preloadsOf, readStartCommand } from './start-command.ts'

interface Process {
  readonly pid: string
  readonly parent: string
  readonly words: readonly string[]
}

/**
 * Children of the running application that are Node.js without a preload, as far as this user may see them; Linux only.
 *
 * The application is whichever process runs its file under a preload. Parameters are not shown, which may be secrets.
 */
export function childrenWithoutPreload({ entry }: Application): string[] {
  if (entry === undefined) return []
  const all = processes()
  const services = all.filter((one) => fileOf(one) === entry && hasPreload(one))
  const pids = new Set(services.map(({ pid }) => pid))
  return all
    .filter((one) => pids.has(one.parent) && isNode(one) && !hasPreload(one))
    .filter((one) => !startsTelltale(textOf(fileOf(one) ?? '')))
    .map((one) => {
      const file = fileOf(one)
      const what = file === undefined ? 'node' : `node ${basename(file)}`
      return `process ${one.pid} (${what}), started by process ${one.parent}, runs without the preload`
    })
}

/** The file that a Node.js runs. */
function fileOf({ pid, words }: Process): string | undefined {
  const file = readStartCommand(words)?.entry
  return file === undefined ? undefined : resolve(linkOf(`/proc/${pid}/cwd`), file)
}

function processes(): Process[] {
  return namesIn('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return []
    const parent = /^PPid:\s*(\d+)/m.exec(textOf(`/proc/${pid}/status`))?.[1]
    const words = textOf(`/proc/${pid}/cmdline`).split('\0').slice(0, -1)
    return parent === undefined || words.length === 0 ? [] : [{ pid, parent, words }]
  })
}

function isNode({ pid }: Process): boolean {
  return basename(linkOf(`/proc/${pid}/exe`)) === 'node'
}

function hasPreload({ pid, words }: Process): boolean {
  if ((readStartCommand(words)?.preloads.length ?? 0) > 0) return true
  const environment = textOf(`/proc/${pid}/environ`).split('\0')
  const options = environment.find((pair) => pair.startsWith('NODE_OPTIONS='))
  return preloadsOf(options?.slice('NODE_OPTIONS='.length)).length > 0
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Another user's process, or one that has ended.
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
