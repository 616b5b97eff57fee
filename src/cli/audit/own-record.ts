import { hostname, userInfo } from 'node:os'

/** A record of the trail about itself. */
export interface OwnRecord {
  /** UUID, lower case: the same for every attempt, so that it is stored once. */
  readonly recordId: string
  readonly eventName: string
  readonly action: string
  readonly target: { readonly type: string; readonly id: string }
  readonly details: Readonly<Record<string, string | number>>
  readonly occurredAt: Date
}

/** The record as an OTLP request in JSON: plain OpenTelemetry, whose evidence the Collector makes. */
export function toRequest(record: OwnRecord): object {
  const nanos = `${BigInt(record.occurredAt.getTime()) * 1_000_000n}`
  return {
    resourceLogs: [
      {
        resource: {
          attributes: toAttributes({
            'service.name': 'telltale-cli',
            'host.name': hostname(),
            'process.owner': userInfo().username,
          }),
        },
        scopeLogs: [
          {
            logRecords: [
              {
                timeUnixNano: nanos,
                observedTimeUnixNano: nanos,
                eventName: record.eventName,
                attributes: [
                  ...toAttributes({
                    'audit.record.id': record.recordId,
                    'audit.actor.id': 'telltale-cli',
                    'audit.actor.type': 'system',
                    'audit.action': record.action,
                    'audit.outcome': 'success',
                    'audit.target.type': record.target.type,
                    'audit.target.id': record.target.id,
                  }),
                  {
                    key: 'audit.details',
                    value: { kvlistValue: { values: toAttributes(record.details) } },
                  },
                ],
              },
            ],
          },
        ],
      },
    ],
  }
}

function toAttributes(values: Readonly<Record<string, string | number>>): object[] {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }))
}
