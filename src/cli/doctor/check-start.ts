import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Application } from './application.ts'
import { fine, found, type Finding } from './findings.ts'
import { preloadsOf, readScript, readStartCommand, toWords } from './start-command.ts'

/** Preloads of other SDKs and agents. */
const OTHERS =
  /^(?:@opentelemetry\/(?:auto-instrumentations-node|sdk-node)|dd-trace|newrelic|elastic-apm-node|@elastic\/opentelemetry-node|@splunk\/otel|@azure\/monitor-opentelemetry|@aws\/aws-distro-opentelemetry-node-autoinstrumentation|@sentry\/node|@hyperdx\/node-opentelemetry|@dash0\/opentelemetry)(?:\/|$)/

/** How the application is started, as far as that can be read. */
export function checkStart(application: Application): Finding[] {
  const { start, given, entry, preloads, folder } = application
  if (!start) {
    const what =
      given === undefined ? `no start script of ${folder} runs` : `"${given} …" does not run`
    return [
      found('start-unknown', `${what} node in a way that is understood`),
      ...checkDockerfile(application),
    ]
  }
  const others = preloads.filter(({ specifier }) => OTHERS.test(specifier))
  return [
    ...(entry !== undefined && !existsSync(entry)
      ? [found('entry-missing', `${entry} is not there`)]
      : [fine('start', `the start command runs ${relative(folder, entry ?? '') || start.entry}`)]),
    ...others.map(({ specifier }) => found('preload-of-another', `${specifier} is preloaded too`)),
    ...checkDockerfile(application),
  ]
}

/** Why nothing was started in a process of the application, by what its files say; nothing when nobody knows its start. */
export function explainMissingPreload({
  start,
  preloads,
  entry,
  folder,
}: Application): Finding | undefined {
  if (!start && preloads.length === 0) return undefined
  const importer = entry === undefined ? undefined : findImporter(entry)
  if (importer !== undefined) {
    return found(
      'preload-in-code',
      `${relative(folder, importer) || basename(importer)} imports telltale, and is no preload`,
    )
  }
  const behind = start?.behind[0]
  if (preloads.length > 0) {
    const names = preloads.map(({ specifier }) => specifier)
    return found('preload-missing', `none of ${names.join(', ')} calls init()`)
  }
  return found(
    'preload-missing',
    behind === undefined
      ? 'the start command has no --import or --require, and NODE_OPTIONS has none'
      : `${behind} stands behind ${start?.entry}, where it is a parameter of the application`,
  )
}

/** The entry, or a file that it imports, which loads telltale for init(). */
function findImporter(entry: string): string | undefined {
  const source = read(entry)
  if (startsTelltale(source)) return entry
  const imported = source.matchAll(/(?:from|import|require\()\s*['"](\.[^'"]+)['"]/g)
  return [...imported]
    .map(([, specifier]) => resolve(dirname(entry), specifier!))
    .find((path) => startsTelltale(read(path)))
}

/** Whether a file loads telltale, and starts it. */
export function startsTelltale(source: string): boolean {
  return (
    /['"]telltale\/register['"]/.test(source) ||
    (/['"]telltale['"]/.test(source) && /\binit\(/.test(source))
  )
}

/** The Dockerfile is what production runs; it is read only as far as its last stage is plain. */
function checkDockerfile({ folder, manifest }: Application): Finding[] {
  const path = join(folder, 'Dockerfile')
  const stage = read(path)
    .replaceAll(/\\\r?\n/g, ' ')
    .split(/^FROM\b/im)
    .at(-1)!
  const commands = ['ENTRYPOINT', 'CMD'].flatMap((name) => readInstruction(stage, name))
  if (commands.length === 0) return []
  const scripts = manifest.scripts ?? {}
  const command =
    readStartCommand(commands, scripts) ?? readScript(commands.join(' '), scripts) ?? undefined
  const options = /^ENV\s+NODE_OPTIONS[=\s]\s*(.+)$/im.exec(stage)?.[1]
  const fromEnv = preloadsOf(options === undefined ? '' : toWords(options).join(' '))
  if (!command || command.preloads.length > 0 || fromEnv.length > 0) return []
  if (preloadsOf(command.env['NODE_OPTIONS']).length > 0) return []
  return [found('docker-preload-missing', `${path} runs "node ${command.entry}"`)]
}

function readInstruction(stage: string, name: string): string[] {
  const text = [...stage.matchAll(new RegExp(`^${name}\\s+(.+)$`, 'gim'))].at(-1)?.[1]?.trim()
  if (text === undefined) return []
  if (!text.startsWith('[')) return toWords(text)
  try {
    return JSON.parse(text) as string[]
  } catch {
    return []
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
