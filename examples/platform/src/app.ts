import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Pool } from 'pg'
import { audit, countRequests, getLogger, type RequestFacts, tenant, timeRequests } from 'telltale'
import { httpTelemetry } from 'telltale/hono'
import { z } from 'zod'
import type { ActiveUsers } from './active-users.ts'
import { budgetChanged, policyViolated, record, tenantRemoved, vmStarted } from './audit-events.ts'
import { removeTenant, setBudget } from './billing.ts'
import type { Environment } from './environment.ts'
import { createIncidents } from './incidents.ts'
import type { Keycloak } from './keycloak.ts'
import { metrics } from './metrics.ts'
import type { Proxmox } from './proxmox.ts'
import { BadRequestError, readBody } from './request-body.ts'
import type { ClusterWatch } from './watch-proxmox.ts'

/** What the application is made of. */
export interface AppParts {
  readonly pool: Pool
  readonly keycloak: Keycloak
  readonly proxmox: Proxmox
  readonly cluster: ClusterWatch
  readonly activeUsers: ActiveUsers
}

const log = getLogger('api')
const securityLog = getLogger('security')
const MAX_BODY_BYTES = 100_000
const Credentials = z.object({ username: z.string(), password: z.string() })
const Budget = z.object({ usd: z.number().positive().max(1_000_000) })

/** Builds the application; nothing listens yet. */
export function createApp(parts: AppParts): Hono<Environment> {
  const app = new Hono<Environment>()
  app.use(
    httpTelemetry({
      user: (c) => (c as Context<Environment>).get('user')?.name,
      tenant: (c) => (c as Context<Environment>).get('user')?.tenant,
      metrics: [
        countRequests(metrics.requests, (facts) => ({ ...toLabels(facts), status: facts.status })),
        timeRequests(metrics.duration, toLabels),
      ],
      accessLog: { component: 'api' },
    }),
  )
  app.use(
    bodyLimit({
      maxSize: MAX_BODY_BYTES,
      onError: (c) => c.json({ error: 'the body is too long' }, 413),
    }),
  )
  app.post('/login', async (c) => {
    const { username, password } = await readBody(c, Credentials)
    const token = await parts.keycloak.logIn(username, password)
    return token === undefined ? c.json({ error: 'unauthorized' }, 401) : c.json({ token })
  })
  app.use(async (c, next) => {
    const user = await parts.keycloak.verify(c.req.header('authorization'))
    if (!user) return c.json({ error: 'unauthorized' }, 401)
    c.set('user', user)
    parts.activeUsers.seen(user)
    // From here on everything is this tenant's: spans, log lines, audit records.
    return tenant.run(user.tenant, async () =>
      audit.with({ actor: { id: user.name, type: 'user' } }, async () => next()),
    )
  })
  addMachines(app, parts)
  addMoney(app, parts)
  app.route('/incidents', createIncidents())
  app.onError((error, c) => {
    if (error instanceof BadRequestError) return c.json({ error: error.message }, 400)
    // The adapter logs it, with its route.
    return c.json({ error: 'please send this again' }, 503)
  })
  return app
}

function addMachines(app: Hono<Environment>, { proxmox, cluster }: AppParts): void {
  app.get('/vms', (c) => c.json(cluster.of(c.get('user').tenant)))
  app.post('/vms/:id/start', async (c) => {
    const machine = cluster.find(c.req.param('id'))
    if (!machine) {
      log.warn('a machine that is not there cannot be started', { vm_id: c.req.param('id') })
      return c.json({ error: 'there is no such machine' }, 404)
    }
    if (machine.tenant !== c.get('user').tenant) {
      const { tenant: tenant_id } = c.get('user')
      metrics.policyViolations.add(1, { tenant_id, severity: 'high' })
      securityLog.warn('policy violated', { vm_id: machine.id, severity: 'high' })
      await record(policyViolated, { outcome: 'failure', target: { id: machine.id } })
      return c.json({ error: 'there is no such machine' }, 404)
    }
    const task = await proxmox.change(machine, 'start')
    await record(vmStarted, { target: { id: machine.id }, details: { node: machine.node, task } })
    log.info('machine ordered to start', { vm_id: machine.id, task })
    return c.json({ task }, 202)
  })
}

function addMoney(app: Hono<Environment>, { pool }: AppParts): void {
  app.put('/budget', async (c) => {
    const { usd } = await readBody(c, Budget)
    const own = c.get('user').tenant
    await setBudget(pool, own, usd)
    await record(budgetChanged, { target: { id: own }, details: { usd: usd.toFixed(2) } })
    return c.json({ usd })
  })
  app.delete('/tenant', async (c) => {
    const own = c.get('user').tenant
    await removeTenant(pool, own)
    await record(tenantRemoved, { target: { id: own } })
    return c.body(null, 204)
  })
}

function toLabels({ tenant: tenant_id = 'none', method }: RequestFacts): {
  tenant_id: string
  method: string
} {
  return { tenant_id, method }
}
