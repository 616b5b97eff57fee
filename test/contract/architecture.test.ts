import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

/**
 * The layers, the lowest first: each imports only from itself and from those above it in this list.
 *
 * Moving a line is an architecture change and needs a decision record.
 */
const LAYERS = [
  'core',
  'config',
  'resource',
  'otlp',
  'propagation',
  'tenancy',
  'instrumentation',
  'metrics',
  'tracing',
  'logging',
  'sentry',
  'health',
  'audit',
  'http',
  'verification',
  'operations',
  'jobs',
  'admin',
  'lifecycle',
  'settings.ts',
  'handle.ts',
  'wiring',
  'testing',
  'init.ts',
  'index.ts',
  'register.ts',
  'cli',
]

/** Put the parts together, so they see the files of every folder. */
const WIRING: ReadonlySet<string> = new Set(['wiring', 'testing', 'init.ts', 'index.ts', 'cli'])

/** Folders without a face: each file is a small tool of its own, and a face would only repeat it. */
const TOOLBOXES: ReadonlySet<string> = new Set(['core', 'config'])

/** Files that other folders import although they are no face, with the reason. */
const SHARED: Readonly<Record<string, string>> = {
  'otlp/pipeline.ts': 'the processors of spans and of log records hand over to it',
  'otlp/post.ts': 'the audit trail delivers by it, on connections of its own',
  'otlp/last-flush.ts': 'the end of the process sends by it what is left',
}

/** What must not be loaded before the module hooks are there: it would stay unpatched. */
const PATCHED_BUILTINS: ReadonlySet<string> = new Set(['http', 'https', 'net'])

/** What is made to be loaded by the SDK may load it. */
const PLUGIN = /-(?:reader|processor|sampler|exporter)\.ts$/

interface Import {
  readonly from: string
  readonly to: string
  /** Whether nothing of it is left at run time: `import type`, not `import { type X }`. */
  readonly typeOnly: boolean
}

const root = fileURLToPath(new URL('../../src/', import.meta.url))
const manifest = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Record<'dependencies' | 'peerDependencies', Record<string, string>>

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .toSorted()
const sources = new Map(files.map((path) => [path, readFileSync(join(root, path), 'utf8')]))

const imports = [...sources].flatMap(([from, source]) => importsOf(from, source))
const local = imports
  .filter(({ to }) => to.startsWith('.'))
  .map((found) => ({ ...found, to: normalize(join(dirname(found.from), found.to)) }))

/** The static imports and re-exports of a module. */
function importsOf(from: string, source: string): Import[] {
  const statement =
    /^(?:import|export)\s+(?:(?<type>type\s+)?[\w$*\s,]*(?:\{[^{}:;]*\})?\s*from\s+)?'(?<to>[^']+)'/gm
  return [...source.matchAll(statement)].map(({ groups }) => ({
    from,
    to: groups!['to']!,
    typeOnly: groups!['type'] !== undefined,
  }))
}

/** Layer of a file: its folder, or the file itself at the top. */
const layerOf = (path: string): string => path.split('/', 1)[0]!

const toArrow = ({ from, to }: Import): string => `${from} -> ${to}`

/** Whether other folders may import a file: a face, options or metrics, a tool, or a file that is listed. */
function isOpen(path: string): boolean {
  const folder = layerOf(path)
  const doors = [`${folder}/${folder}.ts`, `${folder}/options.ts`, `${folder}/metrics.ts`]
  return path === folder || TOOLBOXES.has(folder) || doors.includes(path) || path in SHARED
}

/** Files whose code, comments apart, has something in it. */
function filesWith(pattern: RegExp): string[] {
  return [...sources]
    .filter(([, source]) =>
      source.split('\n').some((line) => !/^\s*(?:\/?\*|\/\/)/.test(line) && pattern.test(line)),
    )
    .map(([path]) => path)
}

describe('what is read here is what is there', () => {
  test('every file is in a layer, and every layer is there', () => {
    expect(new Set(files.map(layerOf))).toEqual(new Set(LAYERS))
  })

  test('no import of a file escapes', () => {
    const mentions = [...sources].flatMap(([from, source]) =>
      [...source.matchAll(/(?:\bfrom |^import )'[^']+'$/gm)].map(() => from),
    )

    expect(imports.map(({ from }) => from)).toEqual(mentions)
  })

  test('every local import leads to a file', () => {
    expect(local.filter(({ to }) => !sources.has(to)).map(toArrow)).toEqual([])
  })

  test('what is listed as shared is imported from outside its folder', () => {
    const fromOutside = new Set(
      local
        .filter(({ from, to }) => layerOf(from) !== layerOf(to) && !WIRING.has(layerOf(from)))
        .map(({ to }) => to),
    )

    expect(Object.keys(SHARED).filter((path) => !fromOutside.has(path))).toEqual([])
  })
})

describe('layers', () => {
  test('a layer imports only from itself and from those below it', () => {
    const upwards = local.filter(
      ({ from, to }) => LAYERS.indexOf(layerOf(to)) > LAYERS.indexOf(layerOf(from)),
    )

    expect(upwards.map(toArrow)).toEqual([])
  })

  test('another folder is entered by its face, its options or its metrics', () => {
    const around = local.filter(
      ({ from, to }) => layerOf(from) !== layerOf(to) && !WIRING.has(layerOf(from)) && !isOpen(to),
    )

    expect(around.map(toArrow)).toEqual([])
  })

  test('no file imports itself by a detour', () => {
    const next = new Map(
      files.map((file) => [file, local.filter(({ from }) => from === file).map(({ to }) => to)]),
    )
    const reach = (start: string): Set<string> => {
      const seen = new Set<string>()
      const open = [...next.get(start)!]
      for (let file = open.pop(); file !== undefined; file = open.pop()) {
        if (seen.has(file)) continue
        seen.add(file)
        open.push(...(next.get(file) ?? []))
      }
      return seen
    }

    expect(files.filter((file) => reach(file).has(file))).toEqual([])
  })
})

describe('what is loaded, and when', () => {
  test('modules speak to the API: no other package of OpenTelemetry is imported, but for its types', () => {
    const values = imports.filter(
      ({ to, typeOnly }) =>
        !typeOnly && to.startsWith('@opentelemetry/') && to !== '@opentelemetry/api',
    )

    expect(values.map(toArrow)).toEqual([])
  })

  test('the SDK is loaded by the wiring and by its plug-ins', () => {
    const loaders = filesWith(/'@opentelemetry\/sdk-/).filter((path) =>
      filesWith(/loadPackage\($|loadPackage\('@opentelemetry\/sdk-/).includes(path),
    )

    expect(loaders).not.toEqual([])
    expect(loaders.filter((path) => layerOf(path) !== 'wiring' && !PLUGIN.test(path))).toEqual([])
  })

  test('types of the SDK are for the wiring and its plug-ins as well', () => {
    const users = imports.filter(
      ({ from, to }) =>
        to.startsWith('@opentelemetry/sdk-') && layerOf(from) !== 'wiring' && !PLUGIN.test(from),
    )

    expect(users.map(toArrow)).toEqual([])
  })

  test('no module is imported that would then be loaded before it can be patched', () => {
    const early = imports.filter(
      ({ to, typeOnly }) => !typeOnly && PATCHED_BUILTINS.has(to.replace('node:', '')),
    )

    expect(early.map(toArrow)).toEqual([])
  })

  test('a built-in module is named as one', () => {
    const builtins = new Set(process.getBuiltinModule('node:module').builtinModules)

    expect(imports.filter(({ to }) => builtins.has(to)).map(toArrow)).toEqual([])
  })

  test('every package that is named is a runtime dependency', () => {
    const runtime = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
    const loaded = [...sources.values()].flatMap((source) =>
      [...source.matchAll(/\bloadPackage\(\s*'([^']+)'/g)].map(([, name]) => name!),
    )
    const packages = [...imports.map(({ to }) => to), ...loaded].filter(
      (to) => !/^\.|^node:/.test(to),
    )

    expect(loaded).not.toEqual([])
    expect(packages.filter((name) => !runtime.has(name))).toEqual([])
  })
})

describe('who speaks to the database', () => {
  const DATABASE = /'pg(?:-copy-streams)?'/

  test('the command line and the verification do, and load the driver when they need it', () => {
    const early = imports.filter(({ to, typeOnly }) => !typeOnly && DATABASE.test(`'${to}'`))

    expect(early.map(toArrow)).toEqual([])
  })

  test('nobody else does: a service must not load a driver for its telemetry', () => {
    const users = filesWith(DATABASE).filter((path) => !/^(?:cli|verification)\//.test(path))
    // The instrumentation of pg is named after it, and patches what the application has loaded itself.
    const others = users.filter((path) => layerOf(path) !== 'instrumentation')

    expect(others).toEqual([])
  })
})

describe('who reads and who makes', () => {
  test('the environment is read by init.ts, register.ts and the command line', () => {
    const readers = filesWith(/\bprocess\.env\b|\benv\b.*from 'node:process'/)

    expect(readers.filter((path) => !/^(?:init\.ts|register\.ts|cli\/.*)$/.test(path))).toEqual([])
  })

  test('what a value is gets asked of core/value-kinds.ts, which knows those of other realms', () => {
    // Errors of our own are made here, by the class that is asked for.
    const users = filesWith(
      /\binstanceof (?:(?!(?:Audit|Callback|Cli|Evidence)Error)\w*(?:Error|Array)|Date|Map|Set|RegExp|Promise|Object|ArrayBuffer|DataView|Buffer)\b/,
    )

    expect(users).toEqual(['core/value-kinds.ts'])
  })

  test('instruments are created in metrics.ts', () => {
    const makers = filesWith(/\.create(?:Observable)?(?:Counter|UpDownCounter|Gauge|Histogram)\(/)

    expect(makers.filter((path) => basename(path) !== 'metrics.ts')).toEqual([])
  })
})

describe('files', () => {
  test('every relative import says .ts', () => {
    expect(
      imports.filter(({ to }) => to.startsWith('.') && !to.endsWith('.ts')).map(toArrow),
    ).toEqual([])
  })

  test.each([
    ['default exports', /^export default\b|^export \{[^}]*\bas default\b/],
    ['enums', /^(?:export )?(?:declare )?(?:const )?enum\b/],
    ['namespaces', /^(?:export )?(?:declare )?(?:namespace|module)\b/],
    ['parameter properties', /constructor\((?:[^)]*, *)?(?:public|private|protected|readonly) \w/],
  ])('there are no %s', (_what, pattern) => {
    expect(filesWith(pattern)).toEqual([])
  })

  test('names are in kebab-case and say what is inside', () => {
    const names = files.map((path) => basename(path, '.ts'))

    expect(names.filter((name) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name))).toEqual([])
    expect(names.filter((name) => /^(?:utils?|helpers?|common|misc)$/.test(name))).toEqual([])
  })

  test('only the package itself has an index', () => {
    expect(files.filter((path) => basename(path) === 'index.ts')).toEqual(['index.ts'])
  })
})
