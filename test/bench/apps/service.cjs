// The measured service: a route that does nothing, and one with a query and a command. It tells its parent its port,
// and when asked what CPU time and memory it has used.
const { createServer } = require('node:http')
const pg = require('pg')
const { Redis } = require('ioredis')

const pool = new pg.Pool({ connectionString: process.env['POSTGRES_URL'], max: 8 })
const redis = new Redis(process.env['REDIS_URL'])

const routes = {
  '/trivial': () => 'done',
  '/data': async () => {
    const { rows } = await pool.query('SELECT $1::int AS value', [1])
    const stored = await redis.get('bench')
    return JSON.stringify([rows[0].value, stored])
  },
}

const server = createServer(async (request, response) => {
  try {
    const body = await routes[request.url]()
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
    response.end(body)
  } catch (error) {
    response.writeHead(500).end(String(error))
  }
})

server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }))

process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() })
})

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
