import { createServer } from 'node:http'
import { audit, AuditError, defineAuditEvent, getLogger, tenant } from 'telltale'

// The smallest service that audits and logs: each request does one thing and answers how it went.
//   POST /record?id=UUID&durability=D  one audit record, under that id; by default once it is committed
//   POST /log?tenant=T&message=TEXT    one log record of a tenant, by default of the component `probe` and the level `info`
const probed = defineAuditEvent({ name: 'probed', action: 'probe', targetType: 'probe' })

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://probe')
  if (pathname === '/log') {
    const {
      component = 'probe',
      level = 'info',
      message = '',
      ...fields
    } = Object.fromEntries(searchParams)
    const logger = getLogger(component)
    const write = level === 'error' ? logger.error : logger.info
    tenant.run(fields['tenant'], () => write.call(logger, message, { status: fields['status'] }))
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
