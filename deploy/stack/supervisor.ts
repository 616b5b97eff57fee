import type { ComponentName } from './component.ts'
import { readLauncherEnvironment } from './environment.ts'
import { messageOf } from './errors.ts'
import { launch } from './launch.ts'
import { tryLock } from './machine-lock.ts'
import type { ProgressEvent } from './progress.ts'

/** What the background owner of an `up` stack is given, as JSON in its first argument. */
export interface SupervisorRequest {
  readonly components: readonly ComponentName[]
  readonly fixedPorts: boolean
  readonly recordName: string
}

/** What it tells the `up` command that started it. */
export type SupervisorMessage =
  | { readonly kind: 'progress'; readonly event: ProgressEvent }
  | { readonly kind: 'busy' | 'ready' }
  | { readonly kind: 'failed'; readonly message: string }

if (import.meta.main) await supervise(JSON.parse(process.argv[2] ?? ''))

/** Owns a stack until it is told to end; ends at once when `up` goes away before all is ready. */
async function supervise(request: SupervisorRequest): Promise<void> {
  const ending = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => ending.abort(new Error(`ended by ${signal}`)))
  }
  const onDisconnect = (): void => ending.abort(new Error('the up command was ended'))
  process.on('disconnect', onDisconnect)
  const environment = readLauncherEnvironment()
  const held = await tryLock(`${environment.cacheDirectory} ${request.recordName}`)
  if (!held) return finish({ kind: 'busy' })
  try {
    const progress = (event: ProgressEvent): void => tell({ kind: 'progress', event })
    const stack = await launch({ ...request, environment, progress, signal: ending.signal })
    process.off('disconnect', onDisconnect)
    finish({ kind: 'ready' })
    await untilAborted(ending.signal)
    await stack.stop()
  } catch (error) {
    finish({ kind: 'failed', message: messageOf(error) })
    process.exitCode = 1
  } finally {
    await held.release()
  }
}

function tell(message: SupervisorMessage): void {
  if (process.connected) process.send?.(message)
}

function finish(message: SupervisorMessage): void {
  tell(message)
  if (process.connected) process.disconnect()
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  // The components are unreferenced, so that they keep no other owner alive; here they should.
  const keepAlive = setInterval(() => {}, 60_000)
  if (!signal.aborted) {
    await new Promise((resolve) => {
      signal.addEventListener('abort', resolve, { once: true })
    })
  }
  clearInterval(keepAlive)
}
