import { expect, test } from 'vitest'
import { startStack } from '../../deploy/stack/stack.ts'
import { eventually } from '../../examples/support/eventually.ts'
import { readLogs } from '../../examples/support/logs.ts'
import { telemetryVariables } from '../../examples/support/telemetry-variables.ts'
import { startApp } from '../support/run-app.ts'

const LINES = 2_000

test('a line that is logged 2 000 times at once is 2 000 lines in Loki', async () => {
  await using stack = await startStack()
  const { addresses } = stack
  const variables = telemetryVariables(addresses, addresses.logs, 'equal')
  await startApp('limits/equal-logs.mjs', variables, {
    nodeArguments: ['--import', 'telltale/register'],
  }).ended()
  const lines = await eventually(
    'all lines',
    async () => readLogs(addresses.loki, { query: '{service="equal"}', limit: 5_000 }),
    (found) => found.length >= LINES,
    { withinMillis: 60_000 },
  )

  expect(lines).toHaveLength(LINES)
}, 180_000)
