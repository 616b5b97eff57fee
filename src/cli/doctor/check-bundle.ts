import { closeSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import { dependenciesOf, type Application } from './application.ts'
import { fine, found, type Finding } from './findings.ts'

/** What bundlers leave in what they make, minified or not. */
const MARKERS: Readonly<Record<string, RegExp>> = {
  ncc: /__nccwpck_require__/,
  webpack:
    /__webpack_(?:require|modules|exports)__|webpackBootstrap|^(?:\(\(\)=>|!function\(\))\{(?:"use strict";)?var \w+=\{\d+[:(]/,
  rolldown: /rolldown\/runtime/,
  esbuild:
    /__(?:commonJS|toESM|copyProps|esm|export) = \(|=Object\.getOwnPropertyNames;var [\w$]+=Object\.getPrototypeOf/,
  rollup: /getDefaultExportFromCjs|getAugmentedNamespace|commonjsRequire/,
}

/** Libraries that are patched when they are loaded, with a text of theirs that no minifier changes. */
const LIBRARIES: Readonly<Record<string, string>> = {
  pg: 'SASL: SCRAM-SERVER-FIRST-MESSAGE',
  ioredis: 'Reached the max retries per request limit',
  pino: 'default level:',
  express: 'app.use() requires a middleware function',
  koa: 'middleware must be a function!',
}

const MAX_BYTES = 32 * 2 ** 20

/** Whether the file that is run is a bundle, and whether libraries are in it. */
export function checkBundle(application: Application): Finding[] {
  const source = application.entry === undefined ? '' : readStart(application.entry)
  const marked = Object.entries(MARKERS).find(([, marker]) => marker.test(source))?.[0]
  const inside = Object.keys({ ...LIBRARIES, ...named(application) }).filter(
    (name) => hasText(name, source) || (marked !== undefined && hasPath(name, source)),
  )
  // What only a library says of itself is proof enough.
  const bundler = marked ?? (inside.length > 0 ? 'a bundler' : undefined)
  if (bundler === undefined) return []
  const file = basename(application.entry!)
  if (inside.length === 0) {
    return [
      fine('bundle', `${file} is a bundle of ${bundler} without the libraries that are patched`),
    ]
  }
  return [
    found('bundle-with-libraries', `${file}, made by ${bundler}, contains ${inside.join(', ')}`),
  ]
}

/** Libraries whose instrumentations the application depends on. */
function named(application: Application): Record<string, string> {
  const prefix = '@opentelemetry/instrumentation-'
  const names = dependenciesOf(application).filter((name) => name.startsWith(prefix))
  return Object.fromEntries(names.map((name) => [name.slice(prefix.length), '']))
}

function hasText(name: string, source: string): boolean {
  const text = LIBRARIES[name]
  return text !== undefined && source.includes(text)
}

/** Paths stand in comments, and in the names that webpack gives its modules. */
function hasPath(name: string, source: string): boolean {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(
    `node_modules/(?:\\.pnpm/[^/]+/node_modules/)?${escaped}/[\\w./-]+\\.[cm]?js`,
  ).test(source)
}

function readStart(path: string): string {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const bytes = Buffer.alloc(MAX_BYTES)
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, MAX_BYTES, 0))
  } catch {
    // That it is not there is said elsewhere.
    return ''
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
