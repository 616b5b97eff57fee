import { serve } from '@hono/node-server'
import { getLogger, health, job } from 'telltale'
import { createActiveUsers } from './active-users.ts'
import { createApp } from './app.ts'
import { createBillingWatch, createPool, prepareDatabase } from './billing.ts'
import { watchHost } from './host.ts'
import { createKeycloak } from './keycloak.ts'
import { metrics } from './metrics.ts'
import { createProxmox } from './proxmox.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'
import { createClusterWatch } from './watch-proxmox.ts'

const log = getLogger('api')

// Nothing in this file or any other knows of exporters, endpoints or sampling: the preload does.
try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `platform: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  const { DATABASE_POOL_MAX: max, WATCH_INTERVAL_MILLIS: every } = settings
  const pool = createPool(settings.DATABASE_URL, max, (error) => {
    log.warn('a connection to the database was lost', { error })
  })
  const proxmox = createProxmox(settings.PROXMOX_URL, settings.PROXMOX_TOKEN)
  const cluster = createClusterWatch(proxmox)
  const activeUsers = createActiveUsers()
  const keycloak = createKeycloak(settings.KEYCLOAK_URL, settings.KEYCLOAK_CLIENT_ID)
  await prepareDatabase(pool)

  health.check('database', health.pg(pool), { every: 2_000, timeout: 2_000 })
  health.check('proxmox', async ({ signal }) => void (await proxmox.version(signal)), {
    every: 2_000,
    timeout: 2_000,
  })
  job('watch-cluster', { every }, async ({ signal }) => cluster.look(signal))
  job('watch-billing', { every }, createBillingWatch(pool))
  job('watch-host', { every }, watchHost)
  job('watch-pool', { every: 1_000 }, () => {
    metrics.connectionsActive.set(pool.totalCount - pool.idleCount)
    metrics.connectionsMax.set(max)
    activeUsers.show()
  })

  const app = createApp({ pool, keycloak, proxmox, cluster, activeUsers })
  const server = serve(
    { fetch: app.fetch, hostname: settings.HOST, port: settings.PORT },
    ({ port }) => console.log(`platform listening at http://${settings.HOST}:${port}`),
  )
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      server.close(() => void pool.end())
    })
  }
}
