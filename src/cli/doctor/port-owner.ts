import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

const LISTENING = '0A'

/**
 * The process that listens on a TCP port, as far as this user may see it; Linux only.
 *
 * Its parameters are not shown, which may be secrets, but for the script that a Node.js runs.
 */
export function ownerOfPort(port: number): string | undefined {
  const sockets = new Set(
    ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => socketsOn(path, port)),
  )
  if (sockets.size === 0) return undefined
  const pid = entriesOf('/proc').find(
    (name) =>
      /^\d+$/.test(name) &&
      entriesOf(`/proc/${name}/fd`).some((fd) => sockets.has(linkOf(`/proc/${name}/fd/${fd}`))),
  )
  if (pid === undefined) return undefined
  const words = textOf(`/proc/${pid}/cmdline`).split('\0')
  const script = words.slice(1).find((word) => /^[^-].*\.[cm]?[jt]s$/.test(word))
  const program = basename(words[0] ?? '') || 'unknown'
  return `process ${pid} (${program}${script === undefined ? '' : ` ${basename(script)}`})`
}

function socketsOn(path: string, port: number): string[] {
  return textOf(path)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.split(':')[1] === toHex(port))
    .map((columns) => `socket:[${columns[9]}]`)
}

function toHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Another user's process, or one that has ended.
    return []
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
