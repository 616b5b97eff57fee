import { eventually } from '../support/eventually.ts'
import { type LogLine, readLogs } from '../support/logs.ts'
import { cut, type Terminal } from '../support/terminal.ts'

const shownFields = [
  'req_method',
  'req_url',
  'userId',
  'amount',
  'txHash',
  'submissionId',
  'auditRecordId',
  'res_statusCode',
] as const

/**
 * Shows the log lines of one trace, read from Loki.
 *
 * @throws {Error} unless the claim's business lines are there
 */
export async function showLogs(
  terminal: Terminal,
  lokiUrl: string,
  traceId: string,
): Promise<void> {
  const query = `{service="rewards-api"} | trace_id="${traceId}"`
  const lines = await eventually(
    'the log lines of the trace',
    async () => readLogs(lokiUrl, { query }),
    (lines) => ['reward paid', 'reward claimed'].every((text) => has(lines, text)),
    { withinMillis: 15_000 },
  )
  terminal.heading('Log lines', `${query}   in ${lokiUrl}`)
  for (const { timeMillis, message, fields } of lines) {
    const time = new Date(timeMillis).toISOString().slice(11, 23)
    const level = (fields['level'] ?? '').padEnd(5)
    const details = shownFields
      .filter((name) => fields[name] !== undefined)
      .map((name) => `${name}=${cut(fields[name] ?? '', 24)}`)
      .join(' ')
    const { paint } = terminal
    const text = cut(`${message}  ${details}`, terminal.width - 21)
    terminal.line(`  ${paint('dim', time)} ${paint('green', level)} ${text}`)
  }
}

function has(lines: readonly LogLine[], text: string): boolean {
  return lines.some(({ message }) => message.includes(text))
}
