import { once } from 'node:events'
import { createServer } from 'node:http'
import { getLogger, health, job } from 'telltale'
import { createApp } from './app.ts'
import { createAuthentication } from './authentication.ts'
import { createAuthorities } from './authorities.ts'
import { createCertificateWatch, watchPool } from './certificate-watch.ts'
import { createPool, prepareDatabase } from './database.ts'
import { metrics } from './metrics.ts'
import { measurePcaCall } from './pca-measure.ts'
import { createPrivateCa } from './private-ca.ts'
import { readSettings, type Settings, SettingsError } from './settings.ts'

const log = getLogger('server')

// Nothing in this file or any other knows of exporters, endpoints or sampling: the preload does.
try {
  await start(readSettings(process.env))
} catch (error) {
  console.error(error instanceof SettingsError ? `certificate-api: ${error.message}` : error)
  process.exit(1)
}

async function start(settings: Settings): Promise<void> {
  metrics.up.set(0)
  const pool = createPool(settings.DATABASE_URL, settings.DATABASE_POOL_MAX, (error) => {
    log.warn('a connection to the database was lost', { error })
  })
  const privateCa = createPrivateCa(settings.PCA_ENDPOINT, settings.AWS_REGION, measurePcaCall)
  const authorities = createAuthorities(privateCa)
  const authentication = createAuthentication(settings.JWKS_URL, {
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
  })
  await prepareDatabase(pool)

  health.check('database', health.pg(pool), { every: 1_000, timeout: 2_000 })
  health.check(
    'certificate_authority',
    async ({ signal }) => {
      await privateCa.listAuthorities(signal)
    },
    { every: 2_000, timeout: 2_000 },
  )
  health.check('jwks', health.jwks(authentication.keys), { every: 2_000 })
  health.check(
    'ca_certificate_expiry',
    health.certificate(() => authorities.all(), { expiring: 'unhealthy' }),
    {
      every: 2_000,
      // Nothing gets better by taking the service away from its users.
      probes: ['health'],
    },
  )

  const watchCertificates = createCertificateWatch(pool, authorities)
  const every = settings.WATCH_INTERVAL_MILLIS
  job('watch-certificates', { every }, watchCertificates)
  job('watch-authorities', { every }, async ({ signal }) => authorities.refresh(signal))
  job('watch-pool', { every: 1_000 }, () => watchPool(pool, settings.DATABASE_POOL_MAX))

  const server = createServer(createApp({ pool, privateCa, authorities, authentication }))
  server.listen(settings.PORT, settings.HOST)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : settings.PORT
  metrics.up.set(1)
  log.info(`listening at http://${settings.HOST}:${port}`)
  console.log(`certificate-api listening at http://${settings.HOST}:${port}`)

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('closing', { signal })
      metrics.up.set(0)
      // Requests under way are answered first.
      server.close(() => {
        privateCa.close()
        void pool.end()
      })
      server.closeIdleConnections()
    })
  }
}
