import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readLogs } from '../../examples/support/logs.ts'
import { telemetryVariables } from '../../examples/support/telemetry-variables.ts'
import { readTrace } from '../../examples/support/traces.ts'
import { startApp } from '../support/run-app.ts'

const arrival = { withinMillis: 60_000 }

test('huge values of every kind arrive cut, cost nothing else that is sent, and little memory', async () => {
  await using stack = await startStack()
  const { addresses } = stack
  const app = startApp(
    'limits/huge-values.mjs',
    {
      ...telemetryVariables(addresses, addresses.logs, 'huge'),
      TELLTALE_AUDIT_SPOOL_DIRECTORY: join(addresses.logs, 'huge-spool'),
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    },
    { nodeArguments: ['--expose-gc', '--import', 'telltale/register'] },
  )
  const [, url] = await app.said(/metrics on (\S+)/)
  const [, mebibytes] = await app.said(/done: (\d+) MiB/)
  const text = await (await fetch(url!)).text()
  app.process.kill('SIGTERM')
  const { stdout, stderr } = await app.ended()
  const traceIds = [...stdout.matchAll(/^span (\w{32})$/gm)].map(([, id]) => id!)
  const names = [...stdout.matchAll(/^(.+): \d+ ms$/gm)].map(([, name]) => name!)

  // 20 MiB of them are the texts of the fixture itself.
  expect(Number(mebibytes)).toBeLessThan(200)
  expect(stderr).not.toMatch(/cannot be exported/)
  const said = stderr.split('\n').filter((line) => line.startsWith('telltale: '))
  expect(new Set(said).size).toBe(said.length)
  expect(Math.max(...said.map((line) => line.length))).toBeLessThan(3_000)
  expect(said.join('\n')).toMatch(/a span is too large \(first because of the attribute "huge"\)/)
  expect(said.join('\n')).not.toMatch(/two instruments/)

  expect(names).toHaveLength(30)
  expect(text.length).toBeLessThan(1_000_000)
  expect(text.match(/^limits_good_total\{/gm)).toHaveLength(names.length)

  expect(traceIds.length).toBeGreaterThan(2 * names.length + 60)
  const missing = await eventually(
    'every span in Jaeger',
    async () => {
      const traces = await Promise.all(traceIds.map((id) => readTrace(addresses.jaeger, id)))
      return traceIds.filter((_id, index) => traces[index]!.length === 0)
    },
    (left) => left.length === 0,
    arrival,
  )
  expect(missing).toEqual([])

  // Without the large fields: an answer of Loki with all of them is too large for itself.
  const readAll = async (filter: string, count: number) =>
    eventually(
      `log records with ${filter}`,
      async () =>
        readLogs(addresses.loki, {
          query: `{service="huge"} ${filter} | drop a, b`,
          limit: 5_000,
        }),
      (found) => found.length >= count,
      arrival,
    )
  const ordinary = await readAll('|~ "^(before|after) "', 2 * names.length)
  expect(ordinary.map(({ message }) => message).toSorted()).toEqual(
    names.flatMap((name) => [`before ${name}`, `after ${name}`]).toSorted(),
  )
  const lines = await readAll('|= "huge" !~ "^(before|after) "', 505)
  const field = lines.find(({ fields }) => fields['huge']?.startsWith('xxx'))
  expect(field?.fields['huge']).toMatch(/^x{65536}… \[cut\]$/)
}, 300_000)
