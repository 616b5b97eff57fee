import { context, type Context } from '@opentelemetry/api'
import { setAuditContext } from '../audit/audit.ts'
import {
  hasRoute,
  serverSpanOf,
  setRequestId,
  setRoute,
  withRequestScope,
} from '../propagation/propagation.ts'
import { setTenant, TENANT_KEY, tenantOf } from '../tenancy/tenancy.ts'
import { guarded, toId } from './guarded.ts'
import { toMethodLabel } from './http-method.ts'
import type { HttpRules } from './http-rules.ts'
import type { FinishedRequest, StartedRequest } from './log-lines.ts'
import { headerOf, type NodeRequest } from './node-messages.ts'
import { runIn } from './run-in.ts'

/** Status of a request whose client was gone before there was a response; nginx's. */
const CLIENT_GONE = 499

/** One request, from its first byte to its end. */
export class Exchange {
  /** What the request's work runs in. */
  readonly context: Context
  readonly started: StartedRequest
  readonly #rules: HttpRules
  /** Until the end; whoever belongs to the request afterwards is told what was known then. */
  #request: unknown
  #user: string | undefined
  #isOver = false
  readonly #isIgnored: boolean
  readonly #startedAt = performance.now()
  #routeOf: () => string | undefined
  #error: unknown

  constructor(
    rules: HttpRules,
    request: unknown,
    raw: NodeRequest,
    started: StartedRequest,
    routeOf: () => string | undefined,
  ) {
    this.#rules = rules
    this.#request = request
    this.#routeOf = routeOf
    this.started = started
    this.context = withRequestScope(context.active())
    this.#isIgnored = guarded('ignore()', () => rules.ignore?.(request)) === true
    this.#knowItself(raw)
    if (this.#isIgnored) return
    for (const feed of rules.feeds) guarded('a metric of requests', () => feed.started?.())
    const line = rules.startLine?.(started)
    if (line) runIn(this.context, () => rules.access?.info(line.message, line.fields))
  }

  /** Says who knows the route best: of several frameworks the innermost. */
  routedBy(routeOf: () => string | undefined): void {
    const outer = this.#routeOf
    this.#routeOf = () => routeOf() ?? outer()
  }

  /** Keeps what a handler threw, for the log. */
  fail(error: unknown): void {
    this.#error = error
  }

  /** The one end of it. */
  end(responseStatus: number | undefined, isWhole: boolean): void {
    guarded('the end of a request', () =>
      runIn(this.context, () => this.#tell(responseStatus, !isWhole)),
    )
    this.#release()
  }

  /** The context outlives the request: in timers, connections and work that goes on. The messages of the framework must not. */
  #release(): void {
    this.#isOver = true
    this.#request = undefined
    this.#routeOf = () => undefined
    this.#error = undefined
  }

  /** Puts what is known into the context, the span and the audit records of the request. */
  #knowItself(raw: NodeRequest): void {
    const { requestId, ip } = this.started
    setRequestId(this.context, requestId)
    this.#findTenant()
    setAuditContext(this.context, {
      source: ip === 'unknown' ? undefined : { id: ip },
      userAgent: headerOf(raw, 'user-agent'),
      actor: () => {
        const id = this.#askUser()
        return id === undefined ? undefined : { id, type: 'user' }
      },
    })
    const span = serverSpanOf(this.context)
    span?.setAttribute('request_id', requestId)
    if (ip !== 'unknown') span?.setAttribute('client.address', ip)
  }

  #tell(responseStatus: number | undefined, aborted: boolean): void {
    const status = responseStatus ?? CLIENT_GONE
    const durationMillis = performance.now() - this.#startedAt
    const route = this.#findRoute()
    const user = this.#askUser()
    if (this.#isIgnored) return
    const tenant = this.#findTenant()
    const method = toMethodLabel(this.started.method)
    const facts = { method, route, status, tenant, aborted }
    for (const feed of this.#rules.feeds) {
      guarded('a metric of requests', () => feed.finished?.(facts, durationMillis / 1_000))
    }
    const finished = { ...this.started, route, status, user, tenant, durationMillis, aborted }
    this.#log(finished, aborted && responseStatus !== undefined)
  }

  #log(finished: FinishedRequest, isCutShort: boolean): void {
    const { access, accessLine, security, isSecurityEvent, securityLine, errors } = this.#rules
    if (access) {
      const line = guarded('the format of the access log', () => accessLine(finished))
      guarded('the format of the access log', () => line && access.info(line.message, line.fields))
    }
    if (isSecurityEvent(finished)) {
      const { message, fields } = securityLine(finished)
      security.warn(message, fields)
    }
    // What fails when the status is sent already can only be cut short.
    if (errors && this.#error !== undefined && (finished.status >= 500 || isCutShort)) {
      const { method, route, status } = finished
      errors.error('request failed', { method, route, status, error: this.#error })
    }
  }

  /** The template; also for the span, where the framework's own hooks did not find it. */
  #findRoute(): string {
    const route: unknown = guarded('the route', this.#routeOf)
    if (typeof route === 'string' && route !== '') {
      if (!hasRoute(this.context)) setRoute(this.context, route)
      return route
    }
    const { unmatched } = this.#rules
    if (typeof unmatched === 'string') return unmatched
    const made: unknown = guarded('unmatchedRoute()', () => unmatched(this.started.path))
    return typeof made === 'string' ? made : 'unmatched'
  }

  #askUser(): string | undefined {
    const { user } = this.#rules
    if (!user || this.#isOver) return this.#user
    const given = guarded('user()', () => user(this.#request))
    this.#user = toId('user()', given)
    return this.#user
  }

  /** Asks whose request it is, and remembers the answer if it can be one: a label must not be what a stranger sent. */
  #findTenant(): string | undefined {
    const { tenant } = this.#rules
    if (tenant && tenantOf(this.context) === undefined) {
      const given = guarded('tenant()', () => tenant(this.#request))
      setTenant(this.context, toId('tenant()', given))
    }
    const found = tenantOf(this.context)
    const span = serverSpanOf(this.context)
    // It began when nobody had said whose request it is; with a broken connection it may have ended before we are told.
    if (found !== undefined && span?.isRecording()) span.setAttribute(TENANT_KEY, found)
    return found
  }
}
