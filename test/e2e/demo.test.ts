import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

test('the demo finds what it sent in all four places, proves the trail, and ends with 0', async () => {
  const demo = spawn(process.execPath, ['examples/demo.ts'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output, [code]] = await Promise.all([text(demo.stdout), once(demo, 'exit')])

  for (const section of ['Metrics', 'Trace', 'Log lines', 'Audit trail', 'Proof']) {
    expect(output).toMatch(new RegExp(`^${section}  `, 'm'))
  }
  // Of what was counted not once there is no average.
  expect(output).not.toContain('NaN')
  expect(output).toContain('All four found')
  expect(output).toMatch(/^ {2}green: \d+ records under signed checkpoints/m)
  expect(output).toMatch(/stellar-rpc: POST +[\d.]+ ms +█/)
  // Not a terminal, so without colours.
  expect(output).not.toContain('\u001B[')
  expect(code).toBe(0)
})
