import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { findPackageJson } from '../../resource/package-json.ts'
import { CliError } from '../command.ts'
import {
  preloadsOf,
  readScript,
  readStartCommand,
  type Preload,
  type StartCommand,
} from './start-command.ts'

/** The application that is looked at. */
export interface Application {
  readonly name: string
  /** That of its package.json, else of the file it runs. */
  readonly folder: string
  /** Where the command is run. */
  readonly cwd: string
  readonly manifest: Manifest
  readonly start: StartCommand | undefined
  /** First word of the command that was given, understood or not; its others may be secrets. */
  readonly given: string | undefined
  /** The file it runs; whether it is there is for a check. */
  readonly entry: string | undefined
  /** In the order in which Node.js loads them. */
  readonly preloads: readonly Preload[]
  /** What its process has in its environment. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What is read of a package.json. */
export interface Manifest {
  readonly name?: string | undefined
  readonly main?: string | undefined
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** What the doctor was told. */
export interface Asked {
  /** Its file or its folder. */
  readonly app: string | undefined
  /** The words after `--`. */
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

/**
 * Finds the application and how it is started: by the command that was given, else by the `start` script or `main` of its
 * package.json.
 *
 * @throws {CliError} when there is nothing to look at
 */
export function findApplication({ app, command, cwd, env }: Asked): Application {
  const given = app === undefined ? undefined : resolve(cwd, app)
  if (given !== undefined && !existsSync(given)) {
    throw new CliError(`there is no file or folder ${given}; "--app" says what the service runs`)
  }
  const isFile = given !== undefined && statSync(given).isFile()
  const at = given === undefined ? cwd : isFile ? dirname(given) : given
  const nearest = findPackageJson(at)
  const nearestManifest = nearest ? readManifest(nearest.path) : {}
  const scripts = nearestManifest.scripts ?? {}
  const start =
    command.length > 0
      ? readStartCommand(command, scripts)
      : (readScript(scripts['start'], scripts) ?? readMain(nearestManifest, given, isFile))
  if (!nearest && !start) {
    const path = join(at, 'package.json')
    throw new CliError(
      existsSync(path)
        ? `${path} cannot be read as a package.json: correct it, Node.js and npm read it too`
        : `there is no application in ${at}: give its file by "--app", or the command that starts it after "--"`,
    )
  }
  // Scripts run in the folder of their package.json, a given command where we are.
  const runIn = command.length > 0 || !nearest ? cwd : dirname(nearest.path)
  const entry = isFile ? given : start && resolveEntry(runIn, start.entry)
  const own = entry === undefined ? nearest : findPackageJson(dirname(entry))
  const manifest = own ? readManifest(own.path) : {}
  // Packages are found from where the file is, wherever the command is run.
  const folder = dirname(own?.path ?? entry ?? join(runIn, 'package.json'))
  const full = { ...readEnvFiles(start, runIn), ...env, ...start?.env }
  return {
    name: manifest.name ?? folder,
    folder,
    cwd: runIn,
    manifest,
    start,
    given: command[0],
    entry,
    preloads: [...preloadsOf(full['NODE_OPTIONS']), ...(start?.preloads ?? [])],
    env: full,
  }
}

/** Without a start script: `main`, or the file that was named. */
function readMain(
  { main }: Manifest,
  given: string | undefined,
  isFile: boolean,
): StartCommand | undefined {
  const file = isFile ? given : main
  return file === undefined ? undefined : readStartCommand(['node', file])
}

/** `node .` and `node dist` mean the file that their package.json or index names. */
function resolveEntry(cwd: string, entry: string): string {
  const path = resolve(cwd, entry)
  const candidates = [path, `${path}.js`, `${path}.cjs`, `${path}.mjs`]
  const file = candidates.find((each) => existsSync(each) && statSync(each).isFile())
  if (file !== undefined) return realpathSync(file)
  if (!existsSync(path)) return path
  const main = existsSync(join(path, 'package.json'))
    ? readManifest(join(path, 'package.json')).main
    : undefined
  return join(path, main ?? 'index.js')
}

function readManifest(path: string): Manifest {
  try {
    const json = (JSON.parse(readFileSync(path, 'utf8')) ?? {}) as Record<string, unknown>
    const { name, main, scripts } = json
    return {
      ...json,
      name: textOf(name),
      main: textOf(main),
      scripts: Object.fromEntries(
        Object.entries(scripts ?? {}).filter(
          (pair): pair is [string, string] => typeof pair[1] === 'string',
        ),
      ),
    }
  } catch {
    // npm says more about it than we could.
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function readEnvFiles(start: StartCommand | undefined, cwd: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { path } of start?.envFiles ?? []) {
    try {
      Object.assign(variables, parseEnv(readFileSync(resolve(cwd, path), 'utf8')))
    } catch {
      // Node.js says so itself when the file must be there: the start is tried.
    }
  }
  return variables
}

/** Every package that the application names in its package.json, those for its development left out. */
export function dependenciesOf({ manifest }: Application): string[] {
  return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
}

/** How the application is started, for people: no parameter of its own, which may be a secret. */
export function shownCommand({ start, preloads }: Application): string | undefined {
  if (!start) return undefined
  const words = preloads.flatMap(({ option, specifier }) => [option, specifier])
  return ['node', ...words, start.entry].join(' ')
}
