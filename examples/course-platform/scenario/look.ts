import { eventually } from '../../support/eventually.ts'
import { readLogs } from '../../support/logs.ts'

/** On a busy machine everything takes its time. */
export const PATIENCE = { withinMillis: 60_000 }

/** What Loki knows of a log line. */
export type Fields = Readonly<Record<string, string>>

/** Waits for the access log of a request, and answers its lines. */
export async function accessLogOf(
  loki: string,
  requestId: string,
  service = 'course-platform',
): Promise<readonly Fields[]> {
  const query = `{service="${service}", component="access"} | request_id="${requestId}"`
  const lines = await eventually(
    `the access log of request ${requestId}`,
    async () => readLogs(loki, { query }),
    (found) => found.some(({ message }) => message === 'request'),
    PATIENCE,
  )
  return lines.map(({ fields }) => fields)
}
