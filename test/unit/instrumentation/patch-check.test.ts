import type { Instrumentation } from '@opentelemetry/instrumentation'
import { expect, test } from 'vitest'
import {
  loadedBuiltins,
  loadedTooEarly,
  patchedModules,
} from '../../../src/instrumentation/patch-check.ts'

const patching = (...names: string[]): Instrumentation =>
  ({ _modules: names.map((name) => ({ name })) }) as unknown as Instrumentation

test('the modules of an instrumentation are those it patches, without the files inside them', () => {
  expect(patchedModules(patching('http', '@hapi/hapi', 'pg', 'pg/lib/client.js'))).toEqual([
    'http',
    '@hapi/hapi',
    'pg',
  ])
})

test('an instrumentation that listens to channels patches nothing', () => {
  expect(patchedModules({} as Instrumentation)).toEqual([])
})

test('a built-in module that was there before is too early', () => {
  expect(loadedTooEarly(['http', 'pg-never-loaded'], new Set(['fs', 'http']))).toEqual(['http'])
  expect(loadedTooEarly(['http'], new Set(['fs']))).toEqual([])
})

test('the built-in modules that are loaded are known by name', () => {
  const loaded = loadedBuiltins()

  expect(loaded).toContain('fs')
  expect([...loaded].filter((name) => name.includes(' '))).toEqual([])
})
