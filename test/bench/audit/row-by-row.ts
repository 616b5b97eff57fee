import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sent } from '../apps/audit-load.ts'
import { makeBenchFolder } from './bench-folder.ts'
import { connect } from './connect.ts'
import { makeTwinTable, type StoredSeal } from './twin-table.ts'

/** The yardsticks that store row by row. */
export interface RowByRow extends AsyncDisposable {
  /** Takes OTLP and stores it in a table of its own, as public exporters make it. */
  readonly port: number
  /** Inserts the rows of these seals into a twin of audit.records; reading them first is not timed. */
  insert(seals: readonly StoredSeal[]): Promise<Sent>
}

const SOURCES = join(import.meta.dirname, 'row-by-row')
const NEEDED_BYTES = 2 ** 28
const SCHEMA = 'bench_insert'

/** Where they store. */
export interface RowByRowTarget {
  /** The database of the table of its own. */
  readonly own: string
  /** The superuser's URL of the database with the trail. */
  readonly trail: string
  /** How many rows are on their way at the same time. */
  readonly connections: number
}

/** Builds and starts them; disposing ends them. */
export async function startRowByRow(
  { own, trail, connections }: RowByRowTarget,
  progress: (line: string) => void,
): Promise<RowByRow> {
  const folder = makeBenchFolder(NEEDED_BYTES)
  const program = join(folder.path, 'row-by-row')
  progress('building the yardstick that stores row by row, which may take a minute')
  await promisify(execFile)('go', ['build', '-o', program, '.'], { cwd: SOURCES })
  {
    await using client = await connect(trail)
    await makeTwinTable(client, SCHEMA)
  }
  const child = spawn(program, {
    env: {
      ...process.env,
      POSTGRES_URL: own,
      TRAIL_URL: trail,
      TWIN_TABLE: `${SCHEMA}.records`,
      CONNECTIONS: String(connections),
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const [line] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error('the row-by-row yardstick ended'))),
  ])) as [Buffer]
  const port = Number(line.toString())
  return {
    port,
    async insert(seals) {
      const answer = await fetch(`http://127.0.0.1:${port}/twin`, {
        method: 'POST',
        body: JSON.stringify(seals),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`the row-by-row yardstick answered: ${text}`)
      return JSON.parse(text) as Sent
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await ended
      folder[Symbol.dispose]()
    },
  }
}
