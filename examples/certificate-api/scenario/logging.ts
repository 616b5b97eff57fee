import { readFile } from 'node:fs/promises'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'
import type { Client } from './client.ts'

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error'])

/** Looks at the lines that the service writes to stdout, and has it write more of them. */
export async function checkLogging(
  prove: Stage['prove'],
  api: Service,
  client: Client,
  requestId: string,
): Promise<void> {
  await prove('log lines have time, level, msg, request_id, component', async () => {
    const lines = await readLines(api.logFile)
    const own = lines.filter((line) => line['request_id'] === requestId)
    assert(own.length >= 2, `request ${requestId} has ${own.length} lines`)
    for (const key of ['time', 'level', 'msg', 'component']) {
      assert(
        own.every((line) => typeof line[key] === 'string'),
        `a line has no ${key}`,
      )
    }
    for (const line of lines) {
      assert(LEVELS.has(String(line['level'])), `a line has the level ${String(line['level'])}`)
      const time = String(line['time'])
      assert(!Number.isNaN(Date.parse(time)), `a line has the time ${time}`)
      const source = Object.keys(line).find((key) =>
        /^(?:code\.|source|file|line|caller)/.test(key),
      )
      assert(source === undefined, `a line says where it comes from: ${source}`)
    }
  })
  await prove('the log level is changed while running', async () => {
    await client.get('/certificates/none')
    assert(!(await hasDebugLine(api.logFile)), 'there is a line of level debug before')
    const answer = await fetch(api.metricsUrl.replace('/metrics', '/loglevel'), {
      method: 'PUT',
      body: JSON.stringify({ level: 'debug' }),
      headers: { 'content-type': 'application/json' },
    })
    assert(answer.ok, `the change was answered ${answer.status}: ${await answer.text()}`)
    await client.get('/certificates/none')
    await eventually(
      'a line of level debug',
      async () => hasDebugLine(api.logFile),
      (found) => found,
      { withinMillis: 30_000 },
    )
  })
}

async function hasDebugLine(file: string): Promise<boolean> {
  return (await readLines(file)).some(({ level }) => level === 'debug')
}

async function readLines(file: string): Promise<Readonly<Record<string, unknown>>[]> {
  const text = await readFile(file, 'utf8')
  return (
    text
      .split('\n')
      // The last one may be half written.
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
  )
}
