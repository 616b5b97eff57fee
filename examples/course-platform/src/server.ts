import { getLogger, health } from 'telltale'
import { createApp } from './app.ts'
import { createPool, prepareDatabase } from './database.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'

const log = getLogger('app')

// Nothing in this file or any other knows of exporters, endpoints or sampling: the preload does.
try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `course-platform: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const pool = createPool(settings.DATABASE_URL, (error) => {
    log.warn('a connection to the database was lost', { error })
  })
  await prepareDatabase(pool)
  health.check('database', health.pg(pool), { every: 2_000, timeout: 2_000 })

  const server = createApp({ pool, settings }).listen(settings.PORT, settings.HOST, () => {
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : settings.PORT
    console.log(`course-platform listening at http://${settings.HOST}:${port}`)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      // Requests under way are answered first.
      server.close(() => void pool.end())
      server.closeIdleConnections()
    })
  }
}
