import { toReason } from '../core/errors.ts'
import {
  sendAnswer,
  textAnswer,
  type AnswerableRequest,
  type AnswerableResponse,
  type AnyAnswer,
  type HttpAnswer,
} from '../core/http-answer.ts'
import { sharedByCopies } from '../core/shared-by-copies.ts'

/** What Prometheus expects of its text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Where the text for /metrics comes from, in pieces, for every copy of the package. */
interface MetricsOfCopies {
  scrape?: (() => Promise<readonly string[]>) | undefined
}

function metricsOfCopies(): MetricsOfCopies {
  return sharedByCopies('metrics', 1, (): MetricsOfCopies => ({}))
}

/** Sets where the text for /metrics comes from. Called by `init()`. */
export function setScrape(from: MetricsOfCopies['scrape']): void {
  metricsOfCopies().scrape = from
}

/** What Prometheus is answered, for frameworks that send a value; 503 while there is no telemetry. Never rejects. */
export async function metricsResponse(): Promise<HttpAnswer> {
  const { body, ...answer } = await metricsAnswer()
  return { ...answer, body: typeof body === 'string' ? body : body.join('') }
}

/** The same for {@link sendAnswer}, which needs no whole text. */
export async function metricsAnswer(): Promise<AnyAnswer> {
  const { scrape } = metricsOfCopies()
  if (!scrape) return textAnswer(503, 'no metrics: init() was not called, or telemetry is off\n')
  try {
    return { ...textAnswer(200, '', METRICS_TYPE), body: await scrape() }
  } catch (error) {
    // Prometheus shows a 500 as a failed scrape; half a text would pass for the truth.
    return textAnswer(500, `no metrics: ${toReason(error)}\n`)
  }
}

/** The same for Node's requests: an application that serves /metrics itself mounts it on the path it likes. */
export function metricsHandler(): (
  request: AnswerableRequest,
  response: AnswerableResponse,
) => void {
  return (request, response) => {
    // What could not be sent is a connection that is gone: nobody is left to tell.
    void sendAnswer(request, response, metricsAnswer, () => undefined)
  }
}
