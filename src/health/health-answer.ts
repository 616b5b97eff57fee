import { toReason } from '../core/errors.ts'
import { jsonAnswer, type HttpAnswer } from '../core/http-answer.ts'
import type { Reporter } from '../core/reporter.ts'
import { showValue } from '../core/show-value.ts'
import { isThenable, onRejection } from '../core/thenable.ts'
import { isFine, type HealthReport } from './health-report.ts'
import { healthShapes, withoutMessages, type HealthShape } from './health-shape.ts'

/** How an answer looks. */
export interface HealthAnswerOptions {
  /** `nested`, `flat`, or a function that makes the body, to be put into JSON. Default: the setting `health.shape`. */
  readonly shape?: keyof typeof healthShapes | HealthShape | undefined
  /** The checks to show, in this order. Default: all that are for this probe. */
  readonly checks?: readonly string[] | undefined
  /** Whether to show what checks say besides their status. Default: the setting `health.messages`. */
  readonly messages?: boolean | undefined
  /** Version of the service, where the shape has one. Default: the one that `init()` knows. */
  readonly version?: string | undefined
}

/** Puts a report into an answer: 200 when requests may come, else 503. */
export function toHealthAnswer(
  report: HealthReport,
  { shape = 'nested', messages = true, version }: Omit<HealthAnswerOptions, 'checks'>,
  reporter: Reporter,
): HttpAnswer {
  const shown = {
    ...(messages ? report : withoutMessages(report)),
    version: version ?? report.version,
  }
  const code = isFine(report.status) ? 200 : 503
  try {
    const made = toShape(shape)(shown)
    // Its own failure, should it come, says no more than this.
    onRejection(made, () => undefined)
    if (isThenable(made)) throw new TypeError('it made a promise')
    const body = JSON.stringify(made)
    if (typeof body === 'string') return jsonAnswer(code, body)
    throw new TypeError('it made nothing that JSON has')
  } catch (error) {
    reporter.once(
      'health shape',
      `the shape of a health answer failed, "nested" is used instead: ${toReason(error)}`,
    )
    return jsonAnswer(code, JSON.stringify(healthShapes.nested(shown)))
  }
}

function toShape(shape: keyof typeof healthShapes | HealthShape): HealthShape {
  if (typeof shape === 'function') return shape
  if (Object.hasOwn(healthShapes, shape)) return healthShapes[shape]
  throw new TypeError(`there is no shape ${showValue(shape)}`)
}
