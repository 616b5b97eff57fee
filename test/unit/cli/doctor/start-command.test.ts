import { describe, expect, test } from 'vitest'
import {
  preloadsOf,
  readScript,
  readStartCommand,
  toWords,
} from '../../../../src/cli/doctor/start-command.ts'

const REGISTER = [{ option: '--import', specifier: 'telltale/register' }]

describe('a start script', () => {
  test.each([
    ['node --import telltale/register server.js'],
    ['node --import=telltale/register server.js --port 80'],
    ['PORT=80 exec node --enable-source-maps --import telltale/register server.js'],
    ['npm run build && node --import telltale/register server.js'],
    ['cross-env NODE_ENV=production node --import "telltale/register" server.js'],
    ['/usr/local/bin/node --max-old-space-size=512 --import telltale/register server.js; exit 3'],
    ['npm run serve'],
  ])('%s runs server.js with the preload', (line) => {
    const scripts = { serve: 'node --import telltale/register server.js', build: 'tsc' }

    const command = readScript(line, scripts)

    expect(command?.preloads).toEqual(REGISTER)
    expect(command?.entry).toBe('server.js')
  })

  test.each([
    ['node server.js --import telltale/register', ['--import']],
    ['node server.js --require=./a.cjs --port 80', ['--require']],
    ['node --import telltale/register server.js -r --important', []],
  ])('of %j these are parameters of the application, and no preloads: %j', (line, behind) => {
    expect(readScript(line, {})!.behind).toEqual(behind)
  })

  test.each(['./run.sh', 'next start', 'node', 'node --eval 1', 'npm run a', 'npm run absent', ''])(
    '%j is not understood',
    (line) => expect(readScript(line, { a: 'npm run a' })).toBeUndefined(),
  )

  test('the variables that it sets are kept, and what would debug or watch is not', () => {
    const line = `NODE_OPTIONS='--import telltale/register' OTEL_SERVICE_NAME="my shop" node --inspect=0 --watch -r ./a.cjs --env-file .env app.js`

    const command = readScript(line, {})!

    expect(command.env).toEqual({
      NODE_OPTIONS: '--import telltale/register',
      OTEL_SERVICE_NAME: 'my shop',
    })
    expect(command.nodeOptions).toEqual(['-r', './a.cjs', '--env-file', '.env'])
    expect(command.preloads).toEqual([{ option: '--require', specifier: './a.cjs' }])
    expect(command.envFiles).toEqual([{ path: '.env', isOptional: false }])
    expect(preloadsOf(command.env['NODE_OPTIONS'])).toEqual(REGISTER)
  })
})

test('tsx is node with a loader', () => {
  const command = readStartCommand(['tsx', 'watch', '--import', 'telltale/register', 'server.ts'])

  expect(command?.nodeOptions).toEqual(['--import', 'tsx', '--import', 'telltale/register'])
  expect(command?.entry).toBe('server.ts')
})

test('words are divided as a shell does, without running anything', () => {
  expect(toWords(`a "b c" 'd "e"' f\\ g h"i"'j' "k\\"l" $(rm -rf /)`)).toEqual([
    'a',
    'b c',
    'd "e"',
    'f g',
    'hij',
    'k"l',
    '$(rm',
    '-rf',
    '/)',
  ])
})
