import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'

/** What `/health` answers. */
export interface HealthAnswer {
  readonly httpStatus: number
  readonly millis: number
  readonly status: string
  readonly checks: Readonly<Record<string, { readonly status: string; readonly message?: string }>>
  readonly timestamp: string
}

/** Asks `/health` once. */
export async function askHealth({ url }: Service): Promise<HealthAnswer> {
  const start = performance.now()
  const response = await fetch(`${url}/health`)
  const body = (await response.json()) as Omit<HealthAnswer, 'httpStatus' | 'millis'>
  return { httpStatus: response.status, millis: performance.now() - start, ...body }
}

/** Waits until `/health` answers with a status, and answers with that answer. */
export async function untilHealth(
  { sawHealth }: Pick<Stage, 'sawHealth'>,
  service: Service,
  httpStatus: number,
): Promise<HealthAnswer> {
  const answer = await eventually(
    `${httpStatus} from /health`,
    async () => askHealth(service),
    (found) => found.httpStatus === httpStatus,
    { withinMillis: 60_000 },
  )
  sawHealth(answer.checks)
  return answer
}

/** Waits until `/ready` answers with a status. */
export async function untilReady({ url }: Service, httpStatus: number): Promise<void> {
  await eventually(
    `${httpStatus} from /ready`,
    async () => (await fetch(`${url}/ready`)).status,
    (status) => status === httpStatus,
    { withinMillis: 60_000 },
  )
}

/** The certificate of an authority ends in 20 days: people are told, and the service goes on. */
export async function proveExpiringCa(stage: Stage, api: Service): Promise<void> {
  const { prove, sawHealth, stack } = stage
  await prove('GET /health answers 503 with the message of what is not healthy', async () => {
    const answer = await eventually(
      'an unhealthy certificate of a CA',
      async () => askHealth(api),
      ({ httpStatus, checks: { ca_certificate_expiry: check } }) =>
        httpStatus === 503 && /expires in \d+ days/.test(check?.message ?? ''),
      { withinMillis: 60_000 },
    )
    sawHealth(answer.checks)
    await proveShape(prove, answer)
  })
  await prove('GET /ready answers 200 although a CA certificate is about to expire', async () =>
    untilReady(api, 200),
  )
  await prove('the alert on a CA certificate that expires in less than 30 days fires', async () => {
    const expiry = 'certificate_api_ca_certificate_expiry_seconds{job="certificate-api"}'
    await untilScraped(stack.addresses, `${expiry} < 30 * 86400`)
  })
}

/** The answer has the team's members, and no others. */
export async function proveShape(
  prove: Stage['prove'],
  { status, timestamp, checks, ...others }: HealthAnswer,
): Promise<void> {
  await prove('GET /health answers {status, checks: {name: {status, message?}}, timestamp}', () => {
    const { httpStatus, millis, ...unknown } = others
    const expected = httpStatus === 200 ? 'healthy' : 'unhealthy'
    assert(millis > 0 && status === expected, `its status is ${status}, with ${httpStatus}`)
    assert(new Date(timestamp).toISOString() === timestamp, `its timestamp is ${timestamp}`)
    const members = [unknown, ...Object.values(checks)].flatMap((each) => Object.keys(each))
    const foreign = members.filter((name) => name !== 'status' && name !== 'message')
    assert(foreign.length === 0, `it has ${foreign.join(', ')} as well`)
  })
}
