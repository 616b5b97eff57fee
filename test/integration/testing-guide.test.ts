import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { filesOfGuide } from '../support/guide-code.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const files = filesOfGuide('docs/guide/testing.md')
const bin = (name: string): string => join(ROOT, 'node_modules/.bin', name)

const TSCONFIG = {
  compilerOptions: {
    module: 'nodenext',
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
  },
}
const SERVER = `
import { createServer } from 'node:http'
createServer((_request, response) => response.end('hello')).listen(Number(process.env['PORT']), '127.0.0.1')
`

/** The guide's test as Jest's users write it; node:test runs it, because Jest itself is no dependency. */
const WITH_EXPECT_OF_JEST = files['rewards.test.ts']!.replace(
  /^import .* from 'vitest'$/m,
  "import { expect } from 'expect'\nimport { after as afterAll, beforeEach, test } from 'node:test'",
)

let folder: string
const port = String(20_000 + Math.floor(Math.random() * 12_000))
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tt-guide-'))
  mkdirSync(join(folder, 'node_modules/@opentelemetry'), { recursive: true })
  symlinkSync(ROOT, join(folder, 'node_modules/telltale'))
  for (const name of ['@opentelemetry/api', '@types', 'expect', 'vitest']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const others = {
    'package.json': JSON.stringify({ name: 'rewards', type: 'module', imports: {} }),
    'tsconfig.json': JSON.stringify(TSCONFIG),
    'vitest.config.ts': 'export default { test: { testTimeout: 50_000 } }\n',
    'server.ts': SERVER,
    'rewards.expect-test.ts': WITH_EXPECT_OF_JEST,
  }
  for (const [name, text] of Object.entries({ ...files, ...others })) {
    // The guide's port may be taken here.
    writeFileSync(join(folder, name), text.replaceAll('18080', port))
  }
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('the guide has its files', () => {
  expect(Object.keys(files)).toEqual([
    'rewards.ts',
    'rewards.test.ts',
    'vitest.d.ts',
    'rewards.node-test.ts',
    'jest.config.cjs',
    'jest.d.ts',
    'service.test.ts',
  ])
})

test('its code compiles, and a wrong use of a matcher does not', async () => {
  expect(await run(bin('tsc'), ['-p', '.'])).toMatchObject({ code: 0 })

  const wrong = "expect(telemetry).toHaveSpan('x', { attribute: {} })"
  writeFileSync(join(folder, 'wrong.test.ts'), `${files['rewards.test.ts']}\n${wrong}\n`)
  const { code, output } = await run(bin('tsc'), ['-p', '.'])
  rmSync(join(folder, 'wrong.test.ts'))
  expect(code).not.toBe(0)
  expect(output).toMatch(
    /'attribute' does not exist .* Did you mean .*'attributes'|'attribute' does not exist/,
  )
})

test('its tests pass under vitest, in the process and as a service', async () => {
  const { code, output } = await run(bin('vitest'), ['run', '--root', folder])

  expect(output).toMatch(/3 passed/)
  expect(code).toBe(0)
})

test("its tests pass with Jest's expect", async () => {
  const { code, output } = await run(process.execPath, ['--test', 'rewards.expect-test.ts'])

  expect(output).toMatch(/pass 2\b/)
  expect(code).toBe(0)
})

test('its configuration of Jest compiles this package, and no other one', () => {
  const load = createRequire(join(folder, 'noop.js'))
  const { transform, transformIgnorePatterns } = load('./jest.config.cjs') as {
    readonly transform: Readonly<Record<string, unknown>>
    readonly transformIgnorePatterns: readonly string[]
  }
  const isLeft = (path: string): boolean =>
    transformIgnorePatterns.some((pattern) => new RegExp(pattern).test(path))

  expect(isLeft('/app/node_modules/zod/index.js')).toBe(true)
  expect(isLeft('/app/node_modules/telltale/dist/testing/testing.js')).toBe(false)
  expect(Object.keys(transform).map((path) => new RegExp(path).test('/app/a.ts'))).toEqual([true])
})

test('its tests pass under node:test', async () => {
  const { code, output } = await run(process.execPath, ['--test', 'rewards.node-test.ts'])

  expect(output).toMatch(/pass 1\b/)
  expect(code).toBe(0)
})

async function run(
  program: string,
  words: readonly string[],
): Promise<{ code: number | null; output: string }> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1' }
  const child = spawn(program, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output }
}
