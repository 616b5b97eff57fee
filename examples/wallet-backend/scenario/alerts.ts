import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import type { Stage } from '../../support/stage.ts'
import { linesOf, PATIENCE } from './look.ts'
import type { SlackServer } from './slack-server.ts'

/** What every alert looks like, as the team wrote it down. */
const ALERT =
  /^🚨 \[PRODUCTION\] [^\n]+\n(?:Error: [^\n]+\n)?Timestamp: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nSeverity: (?:info|warning|critical)\nservice: wallet-backend(?:-worker)?(?:\n\w+: [^\n]+)*$/

/** Looks at what the people in Slack were told. */
export async function proveAlerts(
  stage: Stage,
  slack: SlackServer,
  worker: string,
  limit: number,
): Promise<void> {
  const { prove } = stage
  const find = async (event: string, ...lines: readonly RegExp[]): Promise<void> => {
    const text = await eventually(
      `the alert "${event}" among ${slack.texts.length}`,
      async () => slack.texts.find((one) => one.startsWith(`🚨 [PRODUCTION] ${event}\n`)),
      (found) => found !== undefined,
      PATIENCE,
    )
    assert(ALERT.test(text ?? ''), `its form is not the team's: ${text}`)
    for (const line of lines) assert(line.test(text ?? ''), `it has no ${line}: ${text}`)
  }
  await prove('Slack: backup and restore failures', async () => {
    await find('Database backup failed', /^Error: pg_dump .*nowhere/m, /^database: nowhere$/m)
    await find('Database restore failed', /^Error: pg_restore .*nothing\.dump/m)
  })
  await prove('Slack: critical error threshold', async () =>
    find('Critical error threshold reached', /^errors: 5$/m, /^Severity: critical$/m),
  )
  await prove('JWT_ROTATION_ALERT_ON_RETRY', async () =>
    find('JWT key rotation retried', /^correlation_id: [\da-f-]{36}$/m),
  )
  await prove('JWT_ROTATION_ALERT_ON_ERROR', async () =>
    find('JWT key rotation failed', /^Error: .+ cannot be read$/m, /^Severity: critical$/m),
  )
  await prove('SLACK_MAX_ALERTS_PER_HOUR', async () => {
    await linesOf(stage, `{service="${worker}"} |= "Slack alert held back"`)
    const texts = slack.texts
      .filter((text) => text.startsWith('🚨 [PRODUCTION] '))
      .filter((text) => text.includes('\nservice: wallet-backend-worker\n'))
    // One of them was the one that timed out.
    assert(texts.length === limit - 1, `${texts.length} alerts came`)
  })
}

/** What a process tells when it starts and when it stops. */
export async function proveStartAndStop(
  { prove }: Stage,
  heard: () => readonly string[],
): Promise<void> {
  await prove('Slack: start-up and shutdown', async () => {
    for (const event of ['wallet-backend started', 'wallet-backend stopped']) {
      await eventually(
        `the alert "${event}"`,
        async () => heard(),
        (texts) => texts.some((text) => text.startsWith(`🚨 [PRODUCTION] ${event}\n`)),
        PATIENCE,
      )
    }
  })
}
