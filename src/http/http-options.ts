import type { ProxyOptions } from './client-address.ts'
import type { FinishedRequest, LogLine } from './log-lines.ts'
import type { RequestFeed } from './request-feeds.ts'

/** What HTTP telemetry is told; `Request` is what the framework calls a request. */
export interface HttpOptions<Request> extends ProxyOptions {
  /** Header that a request's id is taken from and answered in. An id that is missing, or not 1 to 128 letters, digits and `._~:/+=@-` with a letter or digit first, is replaced by a new one. Default `x-request-id`. */
  requestIdHeader?: string | undefined
  /** Who acts, asked for when it is needed: at the end for logs, and by audit records as their actor. */
  user?(request: Request): string | number | null | undefined
  /** The tenant, asked for at the beginning; at the end again, for metrics and the access log, if it was not known then. */
  tenant?(request: Request): string | null | undefined
  /** Instruments that are told of each request: `countRequests()`, `timeRequests()`, `gaugeRequests()`. */
  metrics?: readonly RequestFeed[] | undefined
  /** What stands for the route of a request that matched none: a word, or a function that makes a template of its path, such as `templatePath`. Default `unmatched`. */
  unmatchedRoute?: string | ((path: string) => string) | undefined
  /** One log record for each request; `false` for none. */
  accessLog?: AccessLogOptions | false | undefined
  /** A log record of what a handler threw, when the answer is 500 or more or was cut short. Default true; false where the application logs it itself. */
  errorLog?: boolean | undefined
  /** Log records for those who watch for attacks. Default none. */
  securityEvents?: SecurityEventOptions | undefined
  /** Requests that are neither counted nor logged, such as probes; they have an id like any other. */
  ignore?(request: Request): boolean
}

/** How requests are logged. */
export interface AccessLogOptions {
  /** Component of the logger. Default `access`. */
  component?: string | undefined
  /** Also a record at the beginning of each request. Default false. */
  start?: boolean | undefined
  /** What the record of a finished request says. Default `toAccessFields`; `toAccessLine` is plain text. */
  format?: ((request: FinishedRequest) => LogLine) | undefined
}

/** Which requests are security events. */
export interface SecurityEventOptions {
  /** Component of the logger. Default `security`. */
  component?: string | undefined
  /** Statuses that are events on any path. Default 401, 403 and 429. */
  statuses?: readonly number[] | undefined
  /** Beginnings of paths below which each status of at least 400 is one. */
  paths?: readonly string[] | undefined
}
