import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { type Finding, type Promised, toFindingKind } from '../../examples/support/contract.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const names = globSync('*/scenario.ts', { cwd: `${root}/examples` }).map((path) =>
  path.replace('/scenario.ts', ''),
)

// About two minutes on a quiet machine.
const WITHIN_MILLIS = 15 * 60_000

let code: number | null
let findings: readonly Finding[]

beforeAll(async () => {
  const runner = spawn(process.execPath, ['examples/run.ts', '--all', '--json'], {
    cwd: root,
    // What it does and what is missing is for people, on stderr.
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: WITHIN_MILLIS,
  })
  const [output, [status]] = await Promise.all([text(runner.stdout), once(runner, 'exit')])
  code = status
  findings = JSON.parse(output || '[]')
}, WITHIN_MILLIS + 60_000)

test.each(names)('everything that %s was promised is there', async (name) => {
  const { contract } = (await import(`../../examples/${name}/contract.ts`)) as {
    readonly contract: readonly Promised[]
  }
  const promised = contract.map((each) => `${toFindingKind(each)} ${each.name}`)
  const own = findings.filter(({ example }) => example === name)

  expect(own.map(({ kind, name: found }) => `${kind} ${found}`)).toEqual(promised)
  expect(own.filter(({ found }) => !found)).toEqual([])
})

test('the runner of the examples ends with 0', () => {
  expect(code).toBe(0)
})
