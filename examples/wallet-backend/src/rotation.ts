import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import { getLogger, operation } from 'telltale'
import { events, record, SYSTEM } from './audit-events.ts'
import type { KeyStore } from './keys.ts'
import type { Settings } from './settings.ts'
import type { Slack } from './slack.ts'
import { measureTask } from './tasks.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/** What rotating needs. */
export interface RotationParts {
  readonly redis: Redis
  readonly keys: KeyStore
  readonly slack: Slack
  readonly metrics: WorkerMetrics
  readonly settings: Settings
}

const LOCK = 'wallet:jwt:rotation:lock'
const LOCK_MILLIS = 30_000
const ATTEMPTS = 3
const PAUSE_MILLIS = 200

const log = getLogger('app')

/** Rotates when it is due; of several instances only the one that gets the lock does. */
export async function rotateIfDue(parts: RotationParts): Promise<void> {
  const { redis, metrics } = parts
  await showKeys(parts)
  if (!(await isDue(parts))) return
  const correlationId = crypto.randomUUID()
  const isMine = await redis.set(LOCK, correlationId, 'PX', LOCK_MILLIS, 'NX')
  if (isMine === null) {
    metrics.lockContention.add(1)
    log.info('another instance rotates', { correlation_id: correlationId })
    return
  }
  try {
    // Whoever had the lock before may have done it.
    if (await isDue(parts)) await rotate(parts, correlationId)
  } finally {
    // Only one's own: a lock that ran out may be another one's by now.
    await redis.eval(
      `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end`,
      1,
      LOCK,
      correlationId,
    )
  }
  await showKeys(parts)
}

async function rotate(parts: RotationParts, correlationId: string): Promise<void> {
  const { metrics, settings } = parts
  const env = settings.APP_ENV
  const attributes = { correlation_id: correlationId }
  await operation(
    'jwt_key_rotation',
    {
      component: 'app',
      attributes,
      measure: ({ outcome, seconds }) => {
        measureTask(metrics, 'jwt_key_rotation', outcome, seconds)
        metrics.keyRotationDuration.record(seconds, { env })
        if (outcome === 'failure') metrics.rotationErrors.add(1)
        else metrics.rotations.add(1)
        metrics.keyRotation.add(1, { env, operation: outcome === 'success' ? 'rotated' : 'failed' })
      },
    },
    async () => {
      const kid = await attempt(parts, correlationId)
      await record(events.keyRotated, {
        actor: SYSTEM,
        requestId: correlationId,
        target: { id: kid },
        details: { kid, correlationId },
      })
      log.info('key rotated', { kid, correlation_id: correlationId })
    },
  )
}

async function attempt(parts: RotationParts, correlationId: string): Promise<string> {
  const { keys, slack, settings, metrics } = parts
  for (let attempts = 1; ; attempts += 1) {
    try {
      const { kid } = await keys.rotate(Date.now())
      const grace = settings.TOKEN_LIFETIME_SECONDS * 1_000
      const retired = await keys.forgetRetiredBefore(Date.now() - grace)
      metrics.retirements.add(retired)
      metrics.keyRotation.add(retired, { env: settings.APP_ENV, operation: 'retired' })
      return kid
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const context = { correlation_id: correlationId, attempts }
      if (attempts < ATTEMPTS) {
        log.warn('the rotation is tried again', { error, ...context })
        if (settings.JWT_ROTATION_ALERT_ON_RETRY) {
          // Not awaited: a lock that has run out while Slack hangs would be another one's.
          void slack.alert({
            event: 'JWT key rotation retried',
            severity: 'warning',
            error: message,
            context,
          })
        }
        await sleep(PAUSE_MILLIS)
        continue
      }
      await record(events.rotationFailed, {
        actor: SYSTEM,
        outcome: 'failure',
        requestId: correlationId,
        details: { error: message, correlationId },
      })
      if (settings.JWT_ROTATION_ALERT_ON_ERROR) {
        void slack.alert({
          event: 'JWT key rotation failed',
          severity: 'critical',
          error: message,
          context,
        })
      }
      throw error
    }
  }
}

/** A key that cannot be read is due as well: the rotation fails on it, and tells people. */
async function isDue({ keys, settings }: RotationParts): Promise<boolean> {
  const active = await keys.active().catch((error: unknown) => {
    log.error('the active key cannot be read', { error })
  })
  return !active || Date.now() - active.createdAt >= settings.JWT_ROTATION_INTERVAL_MILLIS
}

async function showKeys({ keys, metrics, settings }: RotationParts): Promise<void> {
  try {
    metrics.activeKeys.set((await keys.all()).length, { env: settings.APP_ENV })
    const active = await keys.active()
    if (!active) return
    metrics.activeKeyAge.set((Date.now() - active.createdAt) / 1_000)
    metrics.nextRotation.set((active.createdAt + settings.JWT_ROTATION_INTERVAL_MILLIS) / 1_000)
  } catch {
    // The rotation itself tells of keys that cannot be read.
  }
}
