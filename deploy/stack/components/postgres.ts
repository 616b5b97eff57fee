import { randomBytes } from 'node:crypto'
import { chownSync, copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ComponentPlan } from '../component.ts'
import { configurationFile } from '../configuration.ts'
import { canConnect, type PostgresLogin, toPostgresUrl } from '../database.ts'
import { componentVariables } from '../environment.ts'
import { runProgram } from '../run-program.ts'
import { removeSharedMemory } from '../shared-memory.ts'
import { directoryOf, logFileOf, type PlanContext } from './plan-context.ts'
import { findServerUser, reachableServer, type ServerUser } from './postgres-user.ts'

/** The superuser's login to one database of the stack's server. */
export function superuserLogin(context: PlanContext, database: string): PostgresLogin {
  const { ports, secrets } = context
  return { user: 'postgres', password: secrets.postgresPassword, port: ports.postgres, database }
}

/** PostgreSQL from the npm package; as another user when we are root, because it refuses to be root. */
export function planPostgres(context: PlanContext, packagedServer: string): ComponentPlan {
  const directory = directoryOf(context, 'postgres')
  const data = join(directory, 'data')
  const user = findServerUser()
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (user) chownSync(directory, user.uid, user.gid)
  const server = reachableServer(packagedServer, directory, user)
  const logFile = logFileOf(context, 'postgres')
  const variables = componentVariables(context.environment)
  return {
    name: 'postgres',
    command: {
      program: join(server, 'bin', 'postgres'),
      args: [
        '-D',
        data,
        '--listen_addresses=127.0.0.1',
        `--port=${context.ports.postgres}`,
        // Loopback only: no socket file, whose path could be too long.
        '--unix_socket_directories=',
      ],
      directory,
      variables,
      logFile,
      user,
      // SIGINT is a fast shutdown; SIGQUIT, for one that hangs, still frees the shared memory.
      endSignals: ['SIGINT', 'SIGQUIT'],
      graceMillis: 10_000,
    },
    stopSignals: { fast: 'SIGINT', immediate: 'SIGQUIT' },
    readyWithinMillis: 60_000,
    isReady: async () => canConnect(toPostgresUrl(superuserLogin(context, 'postgres'))),
    prepare: async () => {
      const run = { directory, variables, logFile, user }
      await initialize(join(server, 'bin', 'initdb'), data, context.secrets.postgresPassword, run)
      copyFileSync(
        configurationFile(context.environment, 'postgres'),
        join(data, 'postgresql.conf'),
      )
    },
    afterEnd: async () => removeSharedMemory(data),
  }
}

interface InitdbRun {
  readonly directory: string
  readonly variables: NodeJS.ProcessEnv
  readonly logFile: string
  readonly user: ServerUser | undefined
}

async function initialize(
  initdb: string,
  data: string,
  password: string,
  run: InitdbRun,
): Promise<void> {
  if (existsSync(join(data, 'PG_VERSION'))) return
  const passwordFile = join(run.directory, randomBytes(4).toString('hex'))
  writeFileSync(passwordFile, password, { mode: 0o600 })
  if (run.user) chownSync(passwordFile, run.user.uid, run.user.gid)
  try {
    await runProgram({
      ...run,
      program: initdb,
      args: [
        `--pgdata=${data}`,
        '--username=postgres',
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        // The folder is as young as the stack: there is nothing yet that a power cut could take.
        '--no-sync',
        '--no-instructions',
      ],
    })
  } finally {
    rmSync(passwordFile, { force: true })
  }
}
