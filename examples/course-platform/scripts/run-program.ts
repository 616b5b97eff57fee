import { spawn } from 'node:child_process'

/**
 * Runs a program of PostgreSQL with the database in its environment: on the command line everybody could read the password.
 *
 * @throws {Error} with what it wrote to stderr, unless it ends with 0
 */
export async function runOnDatabase(
  program: string,
  args: readonly string[],
  databaseUrl: string,
): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  const child = spawn(program, args, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      PGHOST: hostname,
      PGPORT: port || '5432',
      PGUSER: decodeURIComponent(username),
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: decodeURIComponent(pathname.slice(1)),
    },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000)
  })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.trim()}`)
}
