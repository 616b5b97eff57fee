import { Redis } from 'ioredis'
import { getLogger, health, job } from 'telltale'
import { apiMetrics } from './api-metrics.ts'
import { createApp } from './app.ts'
import { createKeyStore, seedKeys } from './keys.ts'
import { createQueue } from './queue.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
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
  const redis = new Redis(settings.REDIS_URL, { maxRetriesPerRequest: null })
  redis.on('error', (error) => log.warn('Redis', { error }))
  const queue = createQueue(redis)
  await prepareDatabase(pool, process.env['WALLET_PASSWORD'] ?? crypto.randomUUID())
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

  const app = createApp({ pool, keys: createKeyStore(redis), queue, settings })
  const server = app.listen(settings.PORT, settings.HOST, () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : settings.PORT
    log.info('started')
    console.log(`wallet-backend listening at http://${settings.HOST}:${port}`)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      // Requests under way are answered first.
      server.close(() => {
        void queue.close().then(() => redis.disconnect())
        void pool.end()
      })
      server.closeIdleConnections()
    })
  }
}
