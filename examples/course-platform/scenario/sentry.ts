import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { startSentryServer } from '../../support/sentry-server.ts'
import type { Stage } from '../../support/stage.ts'
import { PATIENCE } from './look.ts'
import { startCoursePlatform } from './services.ts'

/** Starts an instance that reports its errors, and has it fail. */
export async function proveSentry({ stack, prove }: Stage, databaseUrl: string): Promise<void> {
  await using sentry = await startSentryServer()
  await using api = await startCoursePlatform(stack.addresses, 'course-platform-sentry', {
    DATABASE_URL: databaseUrl,
    SENTRY_DSN: sentry.dsn,
  })
  await prove('SENTRY_DSN: an error reaches Sentry', async () => {
    const response = await fetch(`${api.url}/api/v1/reports/7`)
    assert(response.status === 500, `the report was answered ${response.status}`)
    const [event] = await eventually(
      'an event at Sentry',
      async () => sentry.events,
      (events) => events.length > 0,
      PATIENCE,
    )
    const [exception] = event?.exception.values ?? []
    assert(exception?.value === 'the report cannot be made', `it says ${exception?.value}`)
    assert((exception.stacktrace?.frames.length ?? 0) > 0, 'it has no stack')
    assert(event?.contexts.trace?.trace_id !== undefined, 'it has no trace')
  })
}
