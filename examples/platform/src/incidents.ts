import { Hono } from 'hono'
import { getLogger } from 'telltale'
import { z } from 'zod'
import { metrics, SEVERITIES } from './metrics.ts'

const log = getLogger('security')
const Report = z.object({ severity: z.enum(SEVERITIES), text: z.string().max(1_000) })

/** More than any team can work on; whoever reports beyond it is told so. */
const MAX_OPEN = 10_000

/** Incidents are reported and closed; how long that takes is charted. */
export function createIncidents(): Hono {
  const open = new Map<
    string,
    { readonly severity: z.infer<typeof Report>['severity']; readonly at: number }
  >()
  const app = new Hono()
  app.post('/', async (c) => {
    const { severity, text } = Report.parse(await c.req.json())
    if (open.size >= MAX_OPEN) return c.json({ error: 'too many incidents are open' }, 503)
    const id = crypto.randomUUID()
    open.set(id, { severity, at: performance.now() })
    log.warn('incident reported', { incident_id: id, severity, text })
    return c.json({ id }, 201)
  })
  app.post('/:id/close', (c) => {
    const id = c.req.param('id')
    const incident = open.get(id)
    if (!incident) return c.json({ error: 'there is no such incident' }, 404)
    open.delete(id)
    const seconds = (performance.now() - incident.at) / 1_000
    metrics.incidentResponse.record(seconds, { severity: incident.severity })
    log.info('incident closed', { incident_id: id, severity: incident.severity })
    return c.json({ id })
  })
  return app
}
