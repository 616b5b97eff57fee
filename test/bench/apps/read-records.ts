import { Client } from 'pg'

// Reads the rows of a trail with node-pg and does nothing with them: no check can be faster than that.

const MAX_ROWS = 300_000
const ROWS_PER_READ = 5_000

async function read(): Promise<{ rows: number; seconds: number }> {
  const client = new Client({ connectionString: process.env['POSTGRES_URL'] })
  await client.connect()
  const startedAt = performance.now()
  await client.query('BEGIN')
  await client.query('DECLARE everything NO SCROLL CURSOR FOR SELECT * FROM audit.records')
  let rows = 0
  while (rows < MAX_ROWS) {
    const { rowCount } = await client.query(`FETCH ${ROWS_PER_READ} FROM everything`)
    if (!rowCount) break
    rows += rowCount
  }
  const seconds = (performance.now() - startedAt) / 1_000
  await client.end()
  return { rows, seconds }
}

process.on('message', () => {
  read().then(
    (result) => process.send?.(result),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.send?.({ ready: true })

// Whatever becomes of the benchmark, nothing of it stays behind.
process.on('disconnect', () => process.exit())
