import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { dependenciesOf, type Application } from './application.ts'
import { fine, found, type Finding } from './findings.ts'
import { findPlugAndPlay } from './plug-n-play.ts'

const API = '@opentelemetry/api'
const BASE = '@opentelemetry/instrumentation'

/** The minor version of the API that the SDK works with; its packages ask for >=1.10.0 <1.11.0. */
const API_MAJOR = 1
const API_MINOR = 10

/** Folders that are looked into at the most: enough for the largest trees. */
const MAX_FOLDERS = 50_000

interface Copy {
  readonly folder: string
  readonly version: string
}

/** The packages that Telltale and the application must have in common. */
export function checkPackages(application: Application): Finding[] {
  const { folder } = application
  const telltale = findCopy(folder, 'telltale')
  const elsewhere = telltale ? undefined : findPlugAndPlay(application)
  if (elsewhere)
    return [found('packages-elsewhere', `${elsewhere.path} says where the packages are`)]
  if (!telltale) return [found('telltale-not-found', `no telltale can be loaded from ${folder}`)]
  return [...checkApi(application, telltale), ...checkHooks(application, telltale)]
}

function checkApi({ folder }: Application, telltale: Copy): Finding[] {
  const ours = findCopy(telltale.folder, API)
  const theirs = findCopy(folder, API)
  if (!theirs) return [found('api-not-found', `no ${API} can be loaded from ${folder}`)]
  if (!isWorkable(theirs.version) || (ours && ours.version !== theirs.version)) {
    return [
      found(
        'api-mismatch',
        `the application loads ${API} ${theirs.version}, Telltale ${ours?.version ?? 'none'}; it must be ${API_MAJOR}.${API_MINOR}, and the same one`,
      ),
    ]
  }
  const others = copiesBelow(folder, API).filter(({ version }) => version !== theirs.version)
  if (others.length === 0) return [fine('api', `${API} ${theirs.version} for all`)]
  const list = others.map((copy) => `${copy.version} in ${relative(folder, copy.folder)}`)
  return [found('api-copies', `besides ${theirs.version} there is ${list.join(', ')}`)]
}

function isWorkable(version: string): boolean {
  const [major, minor] = version.split('.').map(Number)
  return major === API_MAJOR && minor === API_MINOR
}

/** A second copy of import-in-the-middle would see every import, and tell nobody. */
function checkHooks(application: Application, telltale: Copy): Finding[] {
  const ourBase = findCopy(telltale.folder, BASE)
  const ours = ourBase && findCopy(ourBase.folder, 'import-in-the-middle')
  if (!ours) return []
  const instrumentations = dependenciesOf(application).filter((name) => name.startsWith(`${BASE}-`))
  return instrumentations.flatMap((name) => {
    const package_ = findCopy(application.folder, name)
    const base = package_ && findCopy(package_.folder, BASE)
    const theirs = base && findCopy(base.folder, 'import-in-the-middle')
    if (!theirs || theirs.folder === ours.folder) return []
    return [
      found(
        'hook-copies',
        `${name} uses import-in-the-middle ${theirs.version} in ${relative(application.folder, theirs.folder)}, Telltale ${ours.version}`,
      ),
    ]
  })
}

/** The copy of a package that a file in `folder` loads. */
export function findCopy(folder: string, name: string): Copy | undefined {
  for (const path of createRequire(join(folder, 'noop.js')).resolve.paths(name) ?? []) {
    const copy = readCopy(join(path, name))
    if (copy) return copy
  }
  return undefined
}

function readCopy(folder: string): Copy | undefined {
  try {
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
    const { version } = JSON.parse(manifest) as { version?: string }
    return { folder: realpathSync(folder), version: version ?? 'unknown' }
  } catch {
    return undefined
  }
}

/** Every copy of a package in the trees of node_modules at and above `folder`; links are other projects, but for pnpm's store. */
function copiesBelow(folder: string, name: string): Copy[] {
  const copies = new Map<string, Copy>()
  const open: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    open.push(join(at, 'node_modules'))
    if (dirname(at) === at) break
  }
  for (let seen = 0; open.length > 0 && seen < MAX_FOLDERS; seen += 1) {
    const modules = open.pop()!
    const copy = existsSync(join(modules, name)) ? readCopy(join(modules, name)) : undefined
    if (copy) copies.set(copy.folder, copy)
    open.push(...packagesIn(modules).map((path) => join(path, 'node_modules')))
  }
  return [...copies.values()]
}

function packagesIn(modules: string): string[] {
  return foldersIn(modules).flatMap((path) => {
    const isGroup = /[\\/]@[^\\/]+$/.test(path) || path.endsWith('.pnpm')
    return isGroup ? foldersIn(path) : [path]
  })
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(folder, entry.name))
  } catch {
    return []
  }
}
