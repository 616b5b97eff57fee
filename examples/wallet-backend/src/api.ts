import { Redis } from 'ioredis'
import { getLogger, health, job } from 'telltale'
import { apiMetrics } from './api-metrics.ts'
import { createApp } from './app.ts'
import { createKeyStore, seedKeys } from './keys.ts'
import { createErrorThreshold } from './error-threshold.ts'
import { createQueue } from './queue.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
import { createSlack } from './slack.ts'
import { createPool, prepareDatabase } from './wallets.ts'

const log = getLogger('app')

try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `wallet-backend: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const pool = createPool(settings.DATABASE_URL, (error) => {
    log.warn('a connection to the database was lost', { error })
  })
  // A request does not wait for a Redis that is away: it is answered with an error.
  const redis = new Redis(settings.REDIS_URL, { maxRetriesPerRequest: 2, commandTimeout: 5_000 })
  redis.on('error', (error) => log.warn('Redis', { error }))
  const queue = createQueue(redis, (error) => log.warn('the queue', { error }))
  await prepareDatabase(pool, settings.WALLET_PASSWORD)
  await seedKeys(redis, settings.JWT_KEYS, settings.ACTIVE_JWT_KID)

  health.check('database', health.pg(pool), { every: 1_000, timeout: 2_000 })
  health.check('redis', health.ioredis(redis), { every: 1_000, timeout: 2_000 })
  health.check('celery', health.bullmq(queue), { every: 1_000, timeout: 2_000 })
  job('watch-pool', { every: 1_000 }, () => {
    const { totalCount, idleCount, waitingCount } = pool
    apiMetrics.poolConnections.set(totalCount - idleCount, { state: 'active' })
    apiMetrics.poolConnections.set(idleCount, { state: 'idle' })
    apiMetrics.poolConnections.set(waitingCount, { state: 'waiting' })
  })

  const slack = createSlack({
    enabled: settings.SLACK_ALERTING_ENABLED,
    webhookUrl: settings.SLACK_WEBHOOK_URL,
    maxAlertsPerHour: settings.SLACK_MAX_ALERTS_PER_HOUR,
    timeoutSeconds: settings.SLACK_TIMEOUT_SECONDS,
    environment: settings.APP_ENV,
    service: 'wallet-backend',
  })
  const errors = createErrorThreshold(settings.CRITICAL_ERRORS_PER_MINUTE, (count) => {
    const context = { errors: count, within_seconds: 60 }
    void slack.alert({ event: 'Critical error threshold reached', severity: 'critical', context })
  })
  const app = createApp({ pool, keys: createKeyStore(redis), queue, settings, errors })
  const server = app.listen(settings.PORT, settings.HOST, () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : settings.PORT
    log.info('started')
    void slack.alert({ event: 'wallet-backend started', severity: 'info' })
    console.log(`wallet-backend listening at http://${settings.HOST}:${port}`)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      // Requests under way are answered first.
      server.close(() => {
        void slack.alert({ event: 'wallet-backend stopped', severity: 'info' })
        void queue.close().then(() => redis.disconnect())
        void pool.end()
      })
      server.closeIdleConnections()
    })
  }
}
