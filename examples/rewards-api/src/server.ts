import { Redis } from 'ioredis'
import { health } from 'telltale'
import { createApp } from './app.ts'
import { createTokenVerifier } from './authentication.ts'
import { createChainClient } from './chain-client.ts'
import { createDatabase, prepareDatabase } from './database.ts'
import { observeDataStores } from './metrics.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'

// Nothing in this file or any other knows of exporters, endpoints or sampling: the preload does.
try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `rewards-api: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const verifyToken = await accepted(
    'JWT_PUBLIC_KEY',
    createTokenVerifier({
      publicKey: settings.JWT_PUBLIC_KEY,
      issuer: settings.JWT_ISSUER,
      audience: settings.JWT_AUDIENCE,
    }),
  )
  const database = createDatabase(settings.DATABASE_URL, (error) => app.log.warn({ err: error }))
  const redis = new Redis(settings.REDIS_URL, { maxRetriesPerRequest: 1 })
  redis.on('error', (error) => app.log.warn({ err: error }, 'redis'))
  const chain = createChainClient(settings.CHAIN_URL, settings.CHAIN_TIMEOUT_MILLIS)
  const app = createApp({ database, redis, chain, verifyToken, logLevel: settings.LOG_LEVEL })

  observeDataStores(database, redis)
  const often = { every: 2_000, timeout: 2_000 }
  health.check('database', health.pg(database), often)
  health.check('redis', health.ioredis(redis), often)
  health.check('chain', async ({ signal }) => chain.checkHealth(signal), {
    ...often,
    // Quizzes can be taken without it.
    probes: ['health'],
  })

  await accepted('DATABASE_URL', prepareDatabase(database))
  await app.listen({ host: settings.HOST, port: settings.PORT })

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      app.log.info({ signal }, 'closing')
      // Requests under way are answered first.
      await app.close()
      redis.disconnect()
      await database.end()
    })
  }
}

// Says of which setting a start failed.
async function accepted<Result>(setting: string, work: Promise<Result>): Promise<Result> {
  return work.catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error)
    throw new SettingsError(`${setting} cannot be used: ${reason}`, { cause: error })
  })
}
