import { getLogger, type Logger } from '../logging/logging.ts'
import type { HttpOptions } from './http-options.ts'
import {
  toAccessFields,
  toSecurityEvent,
  toStartFields,
  type FinishedRequest,
  type LogLine,
  type StartedRequest,
} from './log-lines.ts'
import type { RequestFeed } from './request-feeds.ts'
import { createSecurityRule } from './security-events.ts'

/** The options, as each request needs them. */
export interface HttpRules {
  readonly feeds: readonly RequestFeed[]
  readonly unmatched: string | ((path: string) => string)
  readonly access: Logger | undefined
  readonly startLine: ((request: StartedRequest) => LogLine) | undefined
  readonly accessLine: (request: FinishedRequest) => LogLine
  readonly security: Logger
  readonly isSecurityEvent: (request: FinishedRequest) => boolean
  readonly securityLine: (request: FinishedRequest) => LogLine
  readonly errors: Logger | undefined
  readonly user: Callback | undefined
  readonly tenant: Callback | undefined
  readonly ignore: Callback | undefined
}

/** A callback of the application, whose request is the framework's. */
type Callback = (request: unknown) => unknown

/** Settles what the options leave open. */
export function toRules<Request>(options: HttpOptions<Request>): HttpRules {
  const { accessLog = {}, securityEvents } = options
  return {
    feeds: options.metrics ?? [],
    unmatched: options.unmatchedRoute ?? 'unmatched',
    access: accessLog === false ? undefined : getLogger(accessLog.component ?? 'access'),
    startLine: accessLog !== false && accessLog.start ? toStartFields : undefined,
    accessLine: (accessLog !== false && accessLog.format) || toAccessFields,
    security: getLogger(securityEvents?.component ?? 'security'),
    isSecurityEvent: createSecurityRule(securityEvents),
    securityLine: toSecurityEvent,
    errors: options.errorLog === false ? undefined : getLogger('http'),
    user: options.user?.bind(options) as Callback | undefined,
    tenant: options.tenant?.bind(options) as Callback | undefined,
    ignore: options.ignore?.bind(options) as Callback | undefined,
  }
}
