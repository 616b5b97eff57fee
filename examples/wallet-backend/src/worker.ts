import { Redis } from 'ioredis'
import { getLogger, job } from 'telltale'
import { backUp, restore, showStorage } from './backups.ts'
import { createKeyStore, seedKeys } from './keys.ts'
import { createQueue, startWorker } from './queue.ts'
import { rotateIfDue } from './rotation.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
import { createSlack } from './slack.ts'
import { defineWorkerMetrics } from './worker-metrics.ts'

const log = getLogger('app')

try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `wallet-backend: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const metrics = defineWorkerMetrics(settings.APP_ENV)
  const redis = new Redis(settings.REDIS_URL, { maxRetriesPerRequest: null })
  redis.on('error', (error) => log.warn('Redis', { error }))
  const slack = createSlack({
    enabled: settings.SLACK_ALERTING_ENABLED,
    webhookUrl: settings.SLACK_WEBHOOK_URL,
    maxAlertsPerHour: settings.SLACK_MAX_ALERTS_PER_HOUR,
    timeoutSeconds: settings.SLACK_TIMEOUT_SECONDS,
    environment: settings.APP_ENV,
    service: 'wallet-backend-worker',
  })
  const parts = { redis, keys: createKeyStore(redis), slack, metrics, settings }
  await seedKeys(redis, settings.JWT_KEYS, settings.ACTIVE_JWT_KID)

  const onQueueError = (error: Error): void => log.warn('the queue', { error })
  const queue = createQueue(redis, onQueueError)
  const worker = startWorker(
    redis,
    async (task) => {
      await (task.name === 'db_backup' ? backUp(parts, task.order) : restore(parts, task.order))
      await showStorage(parts)
    },
    onQueueError,
  )
  // More often than it is due: an instance that finds the lock taken comes again.
  const every = Math.max(50, settings.JWT_ROTATION_INTERVAL_MILLIS / 5)
  job('rotate-jwt-keys', { every, keepAlive: true }, async () => rotateIfDue(parts))
  job('watch-queue', { every: 1_000 }, async () => {
    metrics.workers.set(await queue.getWorkersCount())
    metrics.queueLength.set(await queue.getWaitingCount(), { queue: 'maintenance' })
  })
  job('watch-backups', { every: 60_000 }, async () => showStorage(parts))
  void slack.alert({ event: 'wallet-backend worker started', severity: 'info' })
  log.info('started')
  console.log('wallet-backend worker listening at queue:maintenance')

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      // The task under way is finished first.
      void worker
        .close()
        .then(async () => slack.alert({ event: 'wallet-backend worker stopped', severity: 'info' }))
        .then(async () => queue.close())
        .then(() => redis.disconnect())
    })
  }
}
