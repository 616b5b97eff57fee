import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Application } from '../../../../src/cli/doctor/application.ts'
import { checkBundle } from '../../../../src/cli/doctor/check-bundle.ts'

const PG = 'throw new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: nonce missing")'

/** How the output of each bundler begins, as it was written by its newest version in November 2026. */
const BUNDLES: readonly (readonly [string, string])[] = [
  ['esbuild', 'var __toESM = (mod, isNodeMode, target) => (target = mod);\n'],
  [
    'esbuild',
    'var Ia=Object.create;var _n=Object.defineProperty;var ka=Object.getOwnPropertyDescriptor;var Ra=Object.getOwnPropertyNames;var qa=Object.getPrototypeOf,La=1;',
  ],
  ['webpack', '/******/ (() => { // webpackBootstrap\n'],
  ['webpack', '(()=>{var e={4720(e){"use strict";}};'],
  ['ncc', 'function __nccwpck_require__(moduleId) {}\n'],
  ['rollup', 'function getDefaultExportFromCjs (x) {}\n'],
  ['rolldown', '// \\0rolldown/runtime.js\nvar __create = Object.create;\n'],
]

test.each(BUNDLES)('a bundle of %s with pg in it is found, as text or minified', (name, start) => {
  const [finding] = check(`${start}${PG}`)

  expect(finding).toMatchObject({ code: 'bundle-with-libraries' })
  expect(finding?.what).toContain(`made by ${name}, contains pg`)
})

test.each(BUNDLES)('a bundle of %s that leaves packages out is right', (_name, start) => {
  expect(check(`${start}require("pg")`)).toMatchObject([{ level: 'ok' }])
})

test('a library is known by the path in a comment, in the store of pnpm too', () => {
  const comment = '// node_modules/.pnpm/pino@10.4.0/node_modules/pino/lib/tools.js\n'

  expect(check(`${BUNDLES[0]![1]}${comment}`)[0]?.what).toContain('contains pino')
})

test.each(["import 'pg'\n", "// see node_modules/pg/lib/client.js\nimport 'pg'\n"])(
  'a file that is no bundle is none',
  (source) => expect(check(source)).toEqual([]),
)

test('a file that is not there is told of elsewhere', () => {
  expect(checkBundle({ entry: '/absent/server.js', manifest: {} } as Application)).toEqual([])
})

function check(source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tt-bundle-'))
  try {
    const entry = join(folder, 'server.js')
    writeFileSync(entry, source)
    return checkBundle({ entry, manifest: {} } as Application)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
