import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDoctorApp, manifestOf } from '../support/doctor-app.ts'
import { startOtlpReceiver } from '../support/otlp-receiver.ts'
import { startApp } from '../support/run-app.ts'

const SOON = { timeout: 50_000, interval: 50 }

/** A library with a telltale of its own in its node_modules, as npm installs it when the versions do not fit. */
const LIBRARY = `
  import { audit, defineAuditEvent, getLogger, health, job } from 'telltale'
  health.check('library', () => ({ status: 'degraded', message: 'slow' }), { every: 50 })
  const log = getLogger('library')
  setInterval(() => log.debug('looked'), 20).unref()
  job('library.sweep', { every: 60_000, keepAlive: true }, async ({ signal }) => {
    console.log('sweeping')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    console.log('told to stop')
  })
  audit.record(defineAuditEvent({ name: 'x', action: 'X' }), { actor: { id: 'a', type: 'user' } })
    .catch((error) => console.log(error.code, error.message))
`

test('what a library declares with a copy of its own is the process’s all the same', async () => {
  await using receiver = await startOtlpReceiver()
  using made = makeDoctorApp({
    'package.json': manifestOf(),
    'node_modules/library/package.json':
      '{"name":"library","type":"module","exports":"./index.js"}',
    'node_modules/library/index.js': LIBRARY,
    'server.mjs': "import 'library'\nsetInterval(() => undefined, 1_000)\n",
  })
  made.copyOwnPackage('node_modules/library/node_modules/telltale')
  const app = startApp(
    'none',
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BLRP_SCHEDULE_DELAY: '50',
      TELLTALE_AUDIT_SPOOL_DIRECTORY: join(made.folder, 'spool'),
    },
    { cwd: made.folder, path: join(made.folder, 'server.mjs') },
  )
  const [, admin] = await app.said(/metrics on (\S+)\/metrics/)
  const [refusal] = await app.said(/TELLTALE_AUDIT_NOT_STARTED .*/)
  await app.said(/sweeping/)
  const read = async (): Promise<unknown> => (await fetch(`${admin}/health`)).json()

  await expect.poll(read, SOON).toMatchObject({
    status: 'degraded',
    checks: { library: { status: 'degraded', message: 'slow' }, auditSpool: { status: 'healthy' } },
  })
  expect(await (await fetch(`${admin}/metrics`)).text()).toContain(
    'telltale_health_check_status{check="library"} 0.5\n',
  )
  expect(receiver.logs).toEqual([])
  const body = JSON.stringify({ level: 'debug', component: 'library' })
  await fetch(`${admin}/loglevel`, { method: 'PUT', body })
  await expect.poll(() => receiver.logs.map((log) => log.body), SOON).toContain('looked')
  expect(refusal).toMatch(/another copy of telltale was started: file:.*init\.js/)

  app.process.kill('SIGTERM')
  const { stdout } = await app.ended()
  expect(stdout).toContain('told to stop')
})
