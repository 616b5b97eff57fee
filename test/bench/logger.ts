import { spawn } from 'node:child_process'
import { createRedaction } from '../../src/core/redaction.ts'
import type { Benchmark, Figure } from './support/benchmark.ts'
import { median } from './support/statistics.ts'
import { appPath, ours, repository, toEnvironment } from './support/variants.ts'

type Times = Readonly<Record<string, readonly number[]>>

const ROUNDS = 15
const CALLS = 20_000

/** Texts without secrets, which almost all are. */
const TEXTS: Readonly<Record<string, string>> = {
  Prose:
    'The claim of user 0193b0a2-7c1e-7000-8000-1a2b3c4d5e6f for quiz 17 was accepted after 2 tries. ',
  Json: '{"id":"0193b0a2-7c1e-7000-8000-1a2b3c4d5e6f","amount":"12.5","at":"2026-11-21T18:00:00Z","ok":true}',
  Sql: 'SELECT u.id, c.amount FROM users u JOIN claims c ON c.user_id = u.id WHERE c.quiz_id = $1 ',
}
const TEXT_LENGTH = 600

export const benchmark: Benchmark = {
  about: 'CPU time of a log call, enabled and not, beside pino; of the search for secrets',
  async measure(progress) {
    progress('loggers')
    const times = await measureLoggers()
    progress('redaction')
    return {
      figures: [...loggerFigures(times), ...redactionFigures()],
      notes: [
        `medians of ${ROUNDS} rounds of ${CALLS} calls, in turns; both write a line with three fields to the null device`,
        'ours redacts, adds component and context, and passes through the Logs API; pino does none of that; OTLP is off for both',
      ],
    }
  },
}

async function measureLoggers(): Promise<Times> {
  const variant = ours('ours', {
    TELLTALE_LOG_STDOUT: 'true',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'pino',
  })
  const child = spawn(process.execPath, [...variant.nodeArguments, appPath('logger.mjs')], {
    cwd: repository,
    env: { ...toEnvironment(variant), ...variant.variables },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  const report = said.split('\n').find((line) => line.startsWith('{'))
  if (code !== 0 || report === undefined) throw new Error(`the loggers ended with ${code}: ${said}`)
  return JSON.parse(report) as Times
}

function loggerFigures(times: Times): Figure[] {
  return ['disabled', 'enabled', 'child', 'makeChild'].flatMap((what): Figure[] => {
    const [our, their] = [times[`${what}Ours`]!, times[`${what}Pino`]!]
    return [
      { key: `${what}OursNanos`, value: median(our), unit: 'ns/call' },
      { key: `${what}PinoNanos`, value: median(their), unit: 'ns/call' },
    ]
  })
}

function redactionFigures(): Figure[] {
  const redaction = createRedaction()
  return Object.entries(TEXTS).map(([name, pattern]) => {
    // Through a buffer, so that it is one text, as those are that come from elsewhere.
    const text = Buffer.from(pattern.repeat(TEXT_LENGTH / 50).slice(0, TEXT_LENGTH)).toString()
    let length = 0
    const rounds = Array.from({ length: ROUNDS }, () => {
      const before = process.cpuUsage()
      for (let call = 0; call < CALLS; call += 1) length += redaction.text(text).length
      const { user, system } = process.cpuUsage(before)
      return ((user + system) * 1_000) / CALLS
    })
    if (length !== ROUNDS * CALLS * TEXT_LENGTH)
      throw new Error('a text without secrets was changed')
    return {
      key: `redact${name}Nanos`,
      value: median(rounds),
      unit: `ns/${TEXT_LENGTH} characters`,
    }
  })
}
