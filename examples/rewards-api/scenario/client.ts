import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'

/** What one request was answered. */
export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  readonly traceId: string
}

/** Sends a request with a token. */
export async function post(
  url: string,
  token: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'user-agent': 'rewards-app/1.0',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  })
  return {
    status: response.status,
    body: JSON.parse(await response.text()) as Answer['body'],
    traceId: response.headers.get('trace-id') ?? '',
  }
}

/** Says which request was not answered as it should have been. */
export function expectStatus({ status, body }: Answer, expected: number, what: string): void {
  assert(status === expected, `${what} was answered ${status}: ${JSON.stringify(body)}`)
}

/** Waits until `/health` answers with a status. @returns the state of each check */
export async function untilHealth(
  { sawHealth }: Pick<Stage, 'sawHealth'>,
  { url }: Pick<Service, 'url'>,
  wanted: number,
): Promise<Record<string, string>> {
  const { checks } = await eventually(
    `${wanted} from /health`,
    async () => {
      const response = await fetch(`${url}/health`)
      const body = (await response.json()) as {
        readonly checks: Readonly<Record<string, { readonly status: string }>>
      }
      return { ...body, httpStatus: response.status }
    },
    ({ httpStatus }) => httpStatus === wanted,
    { withinMillis: 60_000 },
  )
  sawHealth(checks)
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
}
