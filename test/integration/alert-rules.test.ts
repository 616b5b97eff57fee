import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, expect, test } from 'vitest'
import { promtoolPath } from '../../deploy/stack/stack.ts'

const run = promisify(execFile)
const repository = fileURLToPath(new URL('../..', import.meta.url))
const rules = 'deploy/prometheus/rules'
const cases = 'test/fixtures/alerts'
let promtool = ''

// The first time it is built.
beforeAll(async () => {
  promtool = await promtoolPath()
}, 1_800_000)

test('Prometheus can read every rule', async () => {
  const files = readdirSync(`${repository}/${rules}`).map((name) => `${rules}/${name}`)
  const { stdout } = await run(
    promtool,
    ['check', 'rules', '--lint=all', '--lint-fatal', ...files],
    {
      cwd: repository,
    },
  )

  expect(stdout.match(/SUCCESS/g)).toHaveLength(files.length)
})

test.each(readdirSync(`${repository}/${cases}`))(
  'the alerts come and go as test/fixtures/alerts/%s says',
  async (name) => {
    const { stdout } = await run(promtool, ['test', 'rules', `${cases}/${name}`], {
      cwd: repository,
    })

    expect(stdout).toContain('SUCCESS')
  },
)
