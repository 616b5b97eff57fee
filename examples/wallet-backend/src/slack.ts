import { getLogger } from 'telltale'

/** Something that people have to know. */
export interface Alert {
  /** A few words: `Database backup failed`. */
  readonly event: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly error?: string
  readonly context?: Readonly<Record<string, string | number>>
}

/** Tells people, in Slack; never rejects. */
export interface Slack {
  alert(alert: Alert): Promise<void>
}

/** Where and how often it may tell. */
export interface SlackOptions {
  readonly enabled: boolean
  readonly webhookUrl: string
  readonly maxAlertsPerHour: number
  readonly timeoutSeconds: number
  readonly environment: string
  /** Which process tells: each has its own hourly limit. */
  readonly service: string
  readonly now?: () => number
}

const HOUR_MILLIS = 3_600_000

const log = getLogger('app')

/** Makes the notifier; what its hourly limit holds back is logged. */
export function createSlack(options: SlackOptions): Slack {
  const {
    enabled,
    webhookUrl,
    maxAlertsPerHour,
    timeoutSeconds,
    environment,
    service,
    now = Date.now,
  } = options
  let sentAt: number[] = []
  return {
    async alert(alert) {
      if (!enabled) return
      const fields = { event: alert.event, severity: alert.severity }
      const named = { ...alert, context: { service, ...alert.context } }
      sentAt = sentAt.filter((time) => now() - time < HOUR_MILLIS)
      if (sentAt.length >= maxAlertsPerHour) {
        log.warn('Slack alert held back: the hourly limit is reached', {
          ...fields,
          limit: maxAlertsPerHour,
        })
        return
      }
      sentAt.push(now())
      try {
        const response = await fetch(webhookUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text: toText(named, environment, new Date(now())) }),
          signal: AbortSignal.timeout(timeoutSeconds * 1_000),
        })
        // An answer that nobody reads would keep its connection.
        await response.body?.cancel()
        if (!response.ok) throw new Error(`Slack answered ${response.status}`)
        log.info('Slack alert sent successfully', fields)
      } catch (error) {
        // Only its name: the message of a failed fetch can have the address in it, which is a secret.
        const reason = error instanceof Error ? error.name : 'unknown'
        log.error('Slack alert failed', { ...fields, reason })
      }
    },
  }
}

/** `🚨 [PRODUCTION] Database backup failed`, and what is known of it line by line. */
export function toText(
  { event, severity, error, context = {} }: Alert,
  environment: string,
  at: Date,
): string {
  return [
    `🚨 [${environment.toUpperCase()}] ${event}`,
    ...(error === undefined ? [] : [`Error: ${error}`]),
    `Timestamp: ${at.toISOString().slice(0, 19)}Z`,
    `Severity: ${severity}`,
    ...Object.entries(context).map(([key, value]) => `${key}: ${value}`),
  ]
    .map(toLine)
    .join('\n')
}

const MAX_LINE_LENGTH = 500
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** One line, whatever was in it, and no mention of a channel: what comes from a request must not call everybody. */
function toLine(text: string): string {
  const short = text.replaceAll(/\s+/g, ' ').slice(0, MAX_LINE_LENGTH)
  return short.replaceAll(/[&<>]/g, (char) => ESCAPES[char] ?? char)
}
