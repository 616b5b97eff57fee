import { fork } from 'node:child_process'
import { closeSync, openSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { ComponentName } from './component.ts'
import { until } from './deadline.ts'
import type { LauncherEnvironment } from './environment.ts'
import { isAlive, signalProcess } from './process-identity.ts'
import type { Progress } from './progress.ts'
import { clearStale, ownerLogFile, readRecord, type StackRecord } from './state.ts'
import type { SupervisorMessage, SupervisorRequest } from './supervisor.ts'

/** What `up` is asked for. */
export interface UpRequest {
  readonly components: readonly ComponentName[]
  readonly fixedPorts: boolean
  readonly recordName: string
  readonly environment: LauncherEnvironment
  readonly progress: Progress
}

const ORDERLY_END_MILLIS = 45_000

/**
 * Answers the running stack, or starts one in the background and returns when all of it is ready.
 *
 * @throws {Error} when it cannot be started, or runs without what is asked for
 */
export async function bringUp(request: UpRequest): Promise<StackRecord> {
  for (;;) {
    const running = await lookUp(request.environment, request.recordName)
    if (running?.addresses) return checked(running, request)
    const outcome = await startSupervisor(request)
    if (outcome === 'busy') {
      // Another `up` is at it.
      request.progress({ kind: 'tick', text: 'waiting for another "up" of this stack' })
      await sleep(500)
    }
  }
}

/**
 * Stops the stack that `up` started and waits until nothing of it is left.
 *
 * @returns whether there was anything to stop
 */
export async function bringDown(
  environment: LauncherEnvironment,
  recordName: string,
): Promise<boolean> {
  const record = await readRecord(environment, recordName)
  if (record) {
    signalProcess(record.owner, 'SIGTERM')
    const isGone = await until(() => !isAlive(record.owner), ORDERLY_END_MILLIS)
    if (!isGone) signalProcess(record.owner, 'SIGKILL')
    await until(() => !isAlive(record.owner), 2_000)
  }
  await clearStale(environment)
  rmSync(ownerLogFile(environment, recordName), { force: true })
  return record !== undefined
}

/** The record of a stack whose owner is alive. */
export async function lookUp(
  environment: LauncherEnvironment,
  recordName: string,
): Promise<StackRecord | undefined> {
  const record = await readRecord(environment, recordName)
  return record && isAlive(record.owner) ? record : undefined
}

function checked(running: StackRecord, request: UpRequest): StackRecord {
  const absent = request.components.filter((name) => !running.components.includes(name))
  const ended = running.components.filter((name) => {
    const identity = running.processes[name]
    return !identity || !isAlive(identity)
  })
  const advice = 'Run "npm run stack -- down", then "up" again'
  if (absent.length > 0) {
    throw new Error(`the stack runs already, without ${absent.join(', ')}. ${advice}`)
  }
  if (ended.length > 0) {
    const { logs } = running.addresses ?? {}
    throw new Error(`${ended.join(', ')} ended meanwhile (logs: ${logs}). ${advice}`)
  }
  return running
}

async function startSupervisor(request: UpRequest): Promise<'ready' | 'busy'> {
  const { components, fixedPorts, recordName, environment, progress } = request
  const log = openSync(ownerLogFile(environment, recordName), 'a', 0o600)
  const argument: SupervisorRequest = { components, fixedPorts, recordName }
  const supervisor = fork(
    fileURLToPath(new URL('supervisor.ts', import.meta.url)),
    [JSON.stringify(argument)],
    // Out of the way of Ctrl-C and of the end of this terminal.
    { detached: true, stdio: ['ignore', log, log, 'ipc'], cwd: '/' },
  )
  closeSync(log)
  return new Promise((resolve, reject) => {
    supervisor.on('message', (message: SupervisorMessage) => {
      if (message.kind === 'progress') return progress(message.event)
      supervisor.unref()
      if (message.kind === 'failed') reject(new Error(message.message))
      else resolve(message.kind)
    })
    supervisor.on('error', reject)
    supervisor.on('exit', (code) => {
      const where = ownerLogFile(environment, recordName)
      reject(new Error(`the stack's owner ended (exit code ${code}); see ${where}`))
    })
  })
}
