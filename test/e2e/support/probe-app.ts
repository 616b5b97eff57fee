import { createServer } from 'node:http'
import { logs, SeverityNumber } from '@opentelemetry/api'
import { audit, AuditError, defineAuditEvent } from 'telltale'

// The smallest service that audits and logs: each request does one thing and answers how it went.
//   POST /record?id=UUID&durability=D  one audit record, under that id; by default once it is committed
//   POST /log?tenant=T&message=TEXT    one log record of a tenant
const probed = defineAuditEvent({ name: 'probed', action: 'probe', targetType: 'probe' })
const logger = logs.getLogger('probe')

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://probe')
  if (pathname === '/log') {
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      body: searchParams.get('message') ?? '',
      attributes: { tenant_id: searchParams.get('tenant') ?? '' },
    })
    response.end('{}')
    return
  }
  try {
    const { recordId } = await audit.record(probed, {
      id: searchParams.get('id') ?? '',
      durability: searchParams.get('durability') === 'spooled' ? 'spooled' : 'stored',
      actor: { id: 'probe', type: 'service' },
      target: { id: 'e2e' },
    })
    response.end(JSON.stringify({ recordId }))
  } catch (error) {
    const code = error instanceof AuditError ? error.code : String(error)
    response.writeHead(503).end(JSON.stringify({ code }))
  }
})

server.listen(Number(process.env['PORT'] || 0), '127.0.0.1', () => {
  const address = server.address()
  console.log(`listening at http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`)
})
process.once('SIGTERM', () => server.close())
