import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { listParked } from '../../audit/spool/parked.ts'
import { defaultSpoolDirectory, inspectSpoolFolder } from '../../audit/spool/spool-folder.ts'
import { toReason } from '../../core/errors.ts'
import type { Examination } from './examination.ts'
import { fine, found, type Finding } from './findings.ts'

/** Room below which a disk counts as full: less than one segment of the spool. */
const FULL_BYTES = 16 * 2 ** 20

/** The folder of the audit spool. Nothing is made: a folder of the doctor's user would lock the service out. */
export async function checkSpool({ settings, application }: Examination): Promise<Finding[]> {
  const { spoolDirectory, spoolMaxBytes } = settings.audit
  const { HOME: home = homedir(), XDG_STATE_HOME: stateHome } = application.env
  const folder = spoolDirectory ?? defaultSpoolDirectory(home, stateHome)
  const { problem, warning } = inspectSpoolFolder(folder)
  if (problem !== undefined) return [found('spool-unusable', `${folder}: ${problem}`)]
  const existing = nearestExisting(folder)
  if (existing !== folder) {
    try {
      accessSync(existing, constants.W_OK | constants.X_OK)
    } catch (error) {
      return [found('spool-unusable', `${folder} cannot be made: ${toReason(error)}`)]
    }
  }
  const findings = [
    ...(warning === undefined ? [] : [found('spool-in-memory', warning)]),
    ...(await checkRoom(folder, existing, spoolMaxBytes)),
    ...(existing === folder ? await checkParked(folder) : []),
  ]
  return findings.length > 0 ? findings : [fine('spool', `${folder} can hold audit records`)]
}

async function checkRoom(folder: string, existing: string, maxBytes: number): Promise<Finding[]> {
  const { bavail, bsize } = statfsSync(existing)
  const room = bavail * bsize
  const used = existing === folder ? await sizeOf(folder) : 0
  const figures = `${toMebibytes(room)} MiB are left on the disk of ${folder}`
  if (room < FULL_BYTES) return [found('spool-disk-full', figures)]
  if (room + used >= maxBytes) return []
  const limit = `the spool may grow to ${toMebibytes(maxBytes)} MiB (TELLTALE_AUDIT_SPOOL_MAX_BYTES)`
  return [found('spool-room', `${figures}, and ${limit}`)]
}

async function checkParked(folder: string): Promise<Finding[]> {
  const parked = await listParked(folder)
  return parked.length === 0 ? [] : [found('records-parked', `${parked.length} in ${folder}`)]
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(folder, { recursive: true })) {
    // What has been delivered meanwhile is gone.
    bytes += await stat(join(folder, name)).then(
      ({ size }) => size,
      () => 0,
    )
  }
  return bytes
}

function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}

function toMebibytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20)
}
