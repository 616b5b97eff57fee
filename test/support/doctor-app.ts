import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A small application in a folder of its own, with packages of this repository. */
export interface DoctorApp extends Disposable {
  readonly folder: string
  /** Writes files, by their paths in the folder. */
  write(files: Readonly<Record<string, string>>): void
  /** Puts packages of this repository where the application finds them. */
  link(...names: readonly string[]): void
  /** Puts every package of this repository into a folder of modules, but for those that are there. */
  linkRepository(modules: string): void
  /** Makes a copy of this package, with the packages of this repository beside it. */
  copyOwnPackage(at: string): void
  /** Makes a copy of a package where the application finds it; with another version if one is given. */
  copyPackage(name: string, at: string, version?: string): void
}

/** The package.json of an application; what is given replaces what is there. */
export function manifestOf(changes: object = {}): string {
  return JSON.stringify({
    name: 'shop-api',
    version: '1.0.0',
    scripts: { start: 'node --import telltale/register server.mjs' },
    dependencies: {
      '@opentelemetry/api': '1.10.0',
      ioredis: '6.0.0',
      pg: '8.23.1',
      pino: '10.4.0',
      telltale: '0.1.0',
    },
    ...changes,
  })
}

/** Makes an application that has nothing wrong with it, of the given files. */
export function makeDoctorApp(files: Readonly<Record<string, string>> = {}): DoctorApp {
  const folder = mkdtempSync(join(tmpdir(), 'tt-app-'))
  const app: DoctorApp = {
    folder,
    write(given) {
      for (const [path, text] of Object.entries(given)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
    },
    link(...names) {
      for (const name of names) {
        const path = join(folder, 'node_modules', name)
        mkdirSync(dirname(path), { recursive: true })
        symlinkSync(name === 'telltale' ? ROOT : join(ROOT, 'node_modules', name), path)
      }
    },
    linkRepository(modules) {
      for (const name of packagesIn(join(ROOT, 'node_modules'))) {
        const path = join(modules, name)
        mkdirSync(dirname(path), { recursive: true })
        if (!existsSync(path)) symlinkSync(join(ROOT, 'node_modules', name), path)
      }
    },
    copyOwnPackage(at) {
      for (const name of ['dist', 'package.json']) {
        cpSync(join(ROOT, name), join(folder, at, name), { recursive: true })
      }
      symlinkSync(join(ROOT, 'node_modules'), join(folder, at, 'node_modules'))
    },
    copyPackage(name, at, version) {
      const target = join(folder, at)
      rmSync(target, { recursive: true, force: true })
      cpSync(join(ROOT, 'node_modules', name), target, { recursive: true, dereference: true })
      if (version !== undefined) setVersion(target, version)
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
  app.link('telltale', '@opentelemetry/api', 'pg', 'ioredis', 'pino')
  app.write({
    'package.json': manifestOf(),
    'server.mjs':
      "import { createServer } from 'node:http'\nimport 'pg'\ncreateServer().listen(0)\n",
    ...files,
  })
  return app
}

/** In the package.json, and in the constant that the API compares. */
function setVersion(folder: string, version: string): void {
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }
  writeFileSync(path, JSON.stringify({ ...manifest, version }))
  for (const file of ['dist/version.cjs', 'dist/version.mjs']) {
    const constant = join(folder, file)
    if (!existsSync(constant)) continue
    const text = readFileSync(constant, 'utf8')
    writeFileSync(constant, text.replace(manifest.version, version))
  }
}

function packagesIn(modules: string): string[] {
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return []
    if (!name.startsWith('@')) return [name]
    return readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`)
  })
}
