import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartialAddresses } from './addresses.ts'
import type { ComponentName } from './component.ts'
import { until } from './deadline.ts'
import type { LauncherEnvironment } from './environment.ts'
import { identify, isAlive, type ProcessIdentity, signalProcess } from './process-identity.ts'
import { removeSharedMemory } from './shared-memory.ts'

/** What is on disk about one stack, so that others can find it, stop it, and clear it away. */
export interface StackRecord {
  readonly owner: ProcessIdentity
  readonly stateDirectory: string
  readonly components: readonly ComponentName[]
  readonly processes: Readonly<Partial<Record<ComponentName, ProcessIdentity>>>
  /** There once everything is ready. */
  readonly addresses?: PartialAddresses
}

// Watchers give a component up to ten seconds to end in order once its owner is gone.
const WATCHERS_END_MILLIS = 15_000

/** The record name of the stack that `up` starts: one per checkout and given name. */
export function recordNameOfUp(environment: LauncherEnvironment, name: string): string {
  const checkout = createHash('sha256').update(environment.repository).digest('hex').slice(0, 10)
  return `up-${name}-${checkout}`
}

/** The record name of a stack that belongs to a program, a test for example. */
export function recordNameOfOwner(): string {
  return `owned-${process.pid}-${randomBytes(4).toString('hex')}`
}

/** Makes the folder that holds everything of one stack. */
export function createStateDirectory(environment: LauncherEnvironment): string {
  const directory = mkdtempSync(join(environment.temporaryDirectory, 'telltale-'))
  // PostgreSQL, run as another user when we are root, has to get through to its own folder.
  chmodSync(directory, 0o711)
  for (const folder of ['logs', 'checkpoints', 'audit-tokens'])
    mkdirSync(join(directory, folder), { mode: 0o700 })
  return directory
}

/** Writes a record in one move; it holds passwords, so only its owner may read it. */
export function writeRecord(
  environment: LauncherEnvironment,
  name: string,
  record: StackRecord,
): void {
  const folder = recordsFolder(environment)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const unfinished = join(folder, `.${name}.${process.pid}`)
  writeFileSync(unfinished, JSON.stringify(record, undefined, 2), { mode: 0o600 })
  renameSync(unfinished, join(folder, `${name}.json`))
}

/** Reads a record; `undefined` when there is none. */
export async function readRecord(
  environment: LauncherEnvironment,
  name: string,
): Promise<StackRecord | undefined> {
  try {
    const file = join(recordsFolder(environment), `${name}.json`)
    const record: StackRecord = JSON.parse(await readFile(file, 'utf8'))
    return record
  } catch {
    return undefined
  }
}

/** Removes a stack's folder and record; its processes must have ended. */
export async function removeState(
  environment: LauncherEnvironment,
  name: string,
  record: Pick<StackRecord, 'stateDirectory'>,
): Promise<void> {
  await removeSharedMemory(join(record.stateDirectory, 'postgres', 'data'))
  await rm(record.stateDirectory, { recursive: true, force: true, maxRetries: 3 })
  rmSync(join(recordsFolder(environment), `${name}.json`), { force: true })
}

/** The file that the background owner of an `up` stack writes its own troubles to. */
export function ownerLogFile(environment: LauncherEnvironment, name: string): string {
  const folder = recordsFolder(environment)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return join(folder, `${name}.log`)
}

/**
 * Ends and removes what stacks left behind whose owner is gone.
 *
 * A process is only ended when number and start time are the recorded ones.
 *
 * @returns the state folders that were cleared
 */
export async function clearStale(environment: LauncherEnvironment): Promise<readonly string[]> {
  const files = await readdir(recordsFolder(environment)).catch(() => [])
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -5))
  const cleared = await Promise.all(names.map((name) => clearIfStale(environment, name)))
  return cleared.filter((directory) => directory !== undefined)
}

async function clearIfStale(
  environment: LauncherEnvironment,
  name: string,
): Promise<string | undefined> {
  const record = await readRecord(environment, name)
  if (!record || isAlive(record.owner)) return undefined
  const processes = Object.values(record.processes)
  await until(() => !processes.some(isAlive), WATCHERS_END_MILLIS)
  for (const identity of processes) signalProcess(identity, 'SIGKILL')
  await until(() => !processes.some(isAlive), 2_000)
  await removeState(environment, name, record)
  rmSync(join(recordsFolder(environment), `${name}.log`), { force: true })
  return record.stateDirectory
}

/** The present process, as the owner of a stack. */
export function identifySelf(): ProcessIdentity {
  const identity = identify(process.pid)
  if (!identity)
    throw new Error('/proc does not show this process; the stack needs Linux with /proc')
  return identity
}

function recordsFolder(environment: LauncherEnvironment): string {
  return join(environment.cacheDirectory, 'stacks')
}
