import { Hono } from 'hono'
import { getLogger } from 'telltale'
import { z } from 'zod'
import type { Environment } from './environment.ts'
import { metrics, SEVERITIES } from './metrics.ts'
import { readBody } from './request-body.ts'

const log = getLogger('security')
const Report = z.object({ severity: z.enum(SEVERITIES), text: z.string().max(1_000) })

interface Incident {
  readonly tenant: string
  readonly severity: (typeof SEVERITIES)[number]
  readonly at: number
}

/** More than any team can work on; whoever reports beyond it is told so. */
const MAX_OPEN = 10_000
/** So that no tenant takes the room of the others. */
const MAX_OPEN_OF_TENANT = 100

/** Incidents are reported by anybody and closed by the tenant's own security people; how long that takes is charted. */
export function createIncidents(): Hono<Environment> {
  const open = new Map<string, Incident>()
  const app = new Hono<Environment>()
  app.post('/', async (c) => {
    const { severity, text } = await readBody(c, Report)
    const { tenant } = c.get('user')
    const own = [...open.values()].filter((incident) => incident.tenant === tenant)
    if (open.size >= MAX_OPEN || own.length >= MAX_OPEN_OF_TENANT) {
      return c.json({ error: 'too many incidents are open' }, 503)
    }
    const id = crypto.randomUUID()
    open.set(id, { tenant, severity, at: performance.now() })
    log.warn('incident reported', { incident_id: id, severity, text })
    return c.json({ id }, 201)
  })
  app.post('/:id/close', (c) => {
    const id = c.req.param('id')
    const { tenant, role } = c.get('user')
    if (role !== 'security') return c.json({ error: 'only for security people' }, 403)
    const incident = open.get(id)
    if (incident?.tenant !== tenant) return c.json({ error: 'there is no such incident' }, 404)
    open.delete(id)
    const { severity, at } = incident
    metrics.incidentResponse.record((performance.now() - at) / 1_000, {
      tenant_id: tenant,
      severity,
    })
    log.info('incident closed', { incident_id: id, severity })
    return c.json({ id })
  })
  return app
}
