import type { Service } from '../../support/services.ts'
import { eventually } from '../../support/eventually.ts'

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
export async function untilHealth(service: Service, httpStatus: number): Promise<HealthAnswer> {
  return eventually(
    `${httpStatus} from /health`,
    async () => askHealth(service),
    (answer) => answer.httpStatus === httpStatus,
    { withinMillis: 20_000 },
  )
}
