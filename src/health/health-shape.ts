import type { CheckReport, HealthReport } from './health-report.ts'
import type { SHAPES } from './options.ts'

/** A body that is put into JSON. */
export type HealthShape = (report: HealthReport) => unknown

/** The shapes that have a name. */
export const healthShapes: Readonly<Record<(typeof SHAPES)[number], HealthShape>> = {
  /** `{"status":"healthy","checks":{"database":{"status":"healthy"}},"timestamp":"2025-06-22T14:30:00.000Z"}` */
  nested: ({ status, checks, timestamp }) => ({
    status,
    checks: mapValues(checks, ({ status: one, message, figures }) => ({
      status: one,
      ...(message !== undefined && { message }),
      ...figures,
    })),
    timestamp: timestamp.toISOString(),
  }),
  /** `{"status":"healthy","timestamp":"2025-06-22T14:30:00Z","version":"1.0.0","checks":{"database":"healthy"}}` */
  flat: ({ status, checks, timestamp, version }) => ({
    status,
    timestamp: `${timestamp.toISOString().slice(0, 19)}Z`,
    ...(version !== undefined && { version }),
    checks: mapValues(checks, ({ status: one }) => one),
  }),
}

/** The same report without a word of what checks say: their messages may name what is nobody's business. */
export function withoutMessages(report: HealthReport): HealthReport {
  return {
    ...report,
    checks: mapValues(report.checks, ({ message: _message, figures, ...rest }) => ({
      ...rest,
      figures: Object.fromEntries(
        Object.entries(figures).filter(([, figure]) => typeof figure !== 'string'),
      ),
    })),
  }
}

function mapValues<To>(
  checks: HealthReport['checks'],
  toOther: (check: CheckReport) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, toOther(check)]))
}
