import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readLauncherEnvironment } from '../../../deploy/stack/environment.ts'

/** A set of packages to compare with, in a folder of its own: never a dependency of this repository. */
export interface Peer {
  readonly folder: string
  /** The versions that are installed there, of what was asked for. */
  readonly packages: Readonly<Record<string, string>>
}

const ownDependencies = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    dependencies: Record<string, string>
  }
).dependencies

const API = { '@opentelemetry/api': '1.10.0' }

const PEERS = {
  /** What one gets with the usual zero-code set-up. */
  'auto-instrumentations': { ...API, '@opentelemetry/auto-instrumentations-node': '0.82.0' },
  /** The same SDK and the same instrumentations as ours, with the umbrella package and with its parts. */
  'plain-sdk': {
    ...API,
    '@opentelemetry/sdk-node': '0.301.0',
    ...pick([
      '@opentelemetry/context-async-hooks',
      '@opentelemetry/core',
      '@opentelemetry/exporter-prometheus',
      '@opentelemetry/exporter-logs-otlp-proto',
      '@opentelemetry/exporter-trace-otlp-proto',
      '@opentelemetry/instrumentation',
      '@opentelemetry/instrumentation-http',
      '@opentelemetry/instrumentation-ioredis',
      '@opentelemetry/instrumentation-pg',
      '@opentelemetry/instrumentation-pino',
      '@opentelemetry/instrumentation-undici',
      '@opentelemetry/resources',
      '@opentelemetry/sdk-logs',
      '@opentelemetry/sdk-metrics',
      '@opentelemetry/sdk-trace',
      'import-in-the-middle',
    ]),
  },
} as const satisfies Record<string, Record<string, string>>

/** Name of a peer. */
export type PeerName = keyof typeof PEERS

/**
 * Installs a peer in the cache folder, once for each set of versions.
 *
 * @throws {Error} when something else than the wanted versions is there afterwards
 */
export async function installPeer(name: PeerName, progress: (line: string) => void): Promise<Peer> {
  const wanted: Readonly<Record<string, string>> = PEERS[name]
  const cache = join(readLauncherEnvironment().cacheDirectory, `bench-peers-${toHash(PEERS)}`)
  const folder = join(cache, name)
  if (!isInstalled(folder, wanted)) {
    progress(`installing ${name} in ${folder} ...`)
    mkdirSync(cache, { recursive: true })
    const fresh = mkdtempSync(join(cache, `${name}-`))
    writeFileSync(
      join(fresh, 'package.json'),
      JSON.stringify({ private: true, dependencies: wanted }, undefined, 2),
    )
    await npmInstall(fresh)
    if (!isInstalled(fresh, wanted)) throw new Error(`npm installed other versions in ${fresh}`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  }
  return { folder, packages: wanted }
}

/** The path of a module as the peer's own files would find it. */
export function resolveIn({ folder }: Peer, specifier: string): string {
  return createRequire(`${folder}/`).resolve(specifier)
}

async function npmInstall(folder: string): Promise<void> {
  // npm is a script that runs on the first node of the path; on an older one it picks older releases without a word.
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH'] ?? ''}`
  await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: folder,
    env: { ...withoutNpm(process.env), PATH: path },
  })
}

/** Without what `npm run` sets: an inner npm would take it for its own settings. */
function withoutNpm(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(variables).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix)/.test(name),
    ),
  )
}

function isInstalled(folder: string, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, version]) => versionIn(folder, name) === version)
}

function versionIn(folder: string, name: string): string | undefined {
  try {
    const text = readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return undefined
  }
}

function pick(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, ownDependencies[name] ?? 'missing']))
}

function toHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
}
