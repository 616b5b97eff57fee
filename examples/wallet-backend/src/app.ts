import { Router } from '@koa/router'
import type { Queue } from 'bullmq'
import Koa, { type Context } from 'koa'
import type { Pool } from 'pg'
import {
  audit,
  countRequests,
  getLogger,
  healthResponse,
  metricsResponse,
  timeRequests,
  toAccessLine,
} from 'telltale'
import { httpTelemetry } from 'telltale/koa'
import { apiMetrics } from './api-metrics.ts'
import { events, record } from './audit-events.ts'
import type { ErrorThreshold } from './error-threshold.ts'
import type { KeyStore } from './keys.ts'
import { order } from './queue.ts'
import { BodyError, readJson, Word } from './read-json.ts'
import type { Settings } from './settings.ts'
import { checkPassword, transfer } from './wallets.ts'
import { z } from 'zod'

/** What the application is made of. */
export interface AppParts {
  readonly pool: Pool
  readonly keys: KeyStore
  readonly queue: Queue
  readonly settings: Settings
  /** Is told of each request that failed. */
  readonly errors: ErrorThreshold
}

interface State {
  user?: string
}

type AppContext = Context & { state: State }

const Credentials = z.object({ username: Word, password: z.string().max(1_000) })
/** The amount as decimal text: numbers lose digits. */
const Transfer = z.object({ to: Word, amount: Word })
const BackupRequest = z.object({ database: Word.optional() })
const RestoreRequest = z.object({ file: Word })

const log = getLogger('app')

/** Builds the application; nothing listens yet. */
export function createApp(parts: AppParts): Koa<State> {
  const app = new Koa<State>()
  const router = new Router<State>()
  app.use(
    httpTelemetry({
      user: (ctx) => (ctx as unknown as AppContext).state.user,
      metrics: [
        countRequests(apiMetrics.requests, ({ method, route, status }) => ({
          method,
          endpoint: route,
          status,
        })),
        timeRequests(apiMetrics.duration, ({ method, route }) => ({ method, endpoint: route })),
      ],
      accessLog: {
        component: 'access',
        format: (request) => ({
          ...toAccessLine(request),
          fields: { request_id: request.requestId },
        }),
      },
    }),
  )
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (error instanceof BodyError) {
        ctx.status = error.status
        ctx.body = { error: error.message }
        return
      }
      log.error('a request failed', { error })
      parts.errors.count()
      ctx.status = 503
      ctx.body = { error: 'please send this again' }
    }
  })
  addProbes(router, parts.settings)
  addSessions(router, parts)
  addWallets(router, parts)
  addAdministration(router, parts)
  app.use(router.routes())
  return app
}

function addProbes(router: Router<State>, settings: Settings): void {
  router.get('/health', (ctx) => {
    const { status, headers, body } = healthResponse({
      shape: 'flat',
      version: settings.APP_VERSION,
      checks: ['database', 'redis', 'celery'],
    })
    ctx.status = status
    ctx.set({ ...headers })
    ctx.body = body
  })
  router.get('/metrics', async (ctx) => {
    const { status, headers, body } = await metricsResponse()
    ctx.status = status
    ctx.set({ ...headers })
    ctx.body = body
  })
}

function addSessions(router: Router<State>, { pool, keys, settings }: AppParts): void {
  const answer = async (ctx: Context, user: string): Promise<void> => {
    ctx.body = { token: await keys.sign(user, settings.TOKEN_LIFETIME_SECONDS) }
  }
  router.post('/login', async (ctx) => {
    const { username, password } = await readJson(ctx.req, Credentials)
    const isRight = await checkPassword(pool, username, password)
    const actor = { id: username, type: 'user' } as const
    apiMetrics.authenticationAttempts.add(1, { result: isRight ? 'success' : 'failure' })
    const target = { id: actor.id }
    if (isRight) {
      await record(events.loginSuccess, { actor, target, details: {} })
      await answer(ctx, actor.id)
    } else {
      const details = { reason: 'wrong name or password' }
      await record(events.loginFailed, { actor, target, outcome: 'failure', details })
      refuse(ctx)
    }
  })
  router.post('/token/refresh', async (ctx) => {
    const user = await keys.verify(bearerOf(ctx))
    apiMetrics.authenticationAttempts.add(1, { result: user === undefined ? 'failure' : 'success' })
    const actor = { id: user ?? 'anonymous', type: 'user' } as const
    if (user === undefined) {
      const details = { reason: 'the token proves nothing' }
      await record(events.refreshFailed, { actor, outcome: 'failure', details })
      refuse(ctx)
    } else {
      await record(events.refreshSuccess, { actor, target: { id: user }, details: {} })
      await answer(ctx, user)
    }
  })
}

function refuse(ctx: Context): void {
  ctx.status = 401
  ctx.body = { error: 'unauthorized' }
}

function addWallets(router: Router<State>, parts: AppParts): void {
  router.post('/transfers', async (ctx) =>
    asUser(ctx as AppContext, parts, async (user) => {
      const { to, amount } = await readJson(ctx.req, Transfer)
      const isDone = await transfer(parts.pool, user, to, amount)
      await record(events.sensitiveOperation, {
        outcome: isDone ? 'success' : 'failure',
        target: { id: user },
        details: { amount, to },
      })
      ctx.status = isDone ? 200 : 422
      ctx.body = { status: isDone ? 'transferred' : 'refused' }
    }),
  )
}

function addAdministration(router: Router<State>, parts: AppParts): void {
  const asAdmin = async (ctx: AppContext, work: (user: string) => Promise<string>): Promise<void> =>
    asUser(ctx, parts, async (user) => {
      const isAdmin = user === 'admin'
      const outcome = isAdmin ? 'success' : 'failure'
      await record(events.adminAccessed, { outcome, target: { id: ctx.path }, details: {} })
      ctx.status = isAdmin ? 202 : 403
      ctx.body = isAdmin ? { task: await work(user) } : { error: 'forbidden' }
    })
  const own = decodeURIComponent(new URL(parts.settings.DATABASE_URL).pathname.slice(1))
  const toOrder = (ctx: Context, user: string, database = own) => ({
    actor: { id: user, type: 'user' } as const,
    requestId: String(ctx.res.getHeader('x-request-id') ?? ''),
    database,
  })
  router.post('/admin/backups', async (ctx) =>
    asAdmin(ctx as AppContext, async (user) => {
      const { database } = await readJson(ctx.req, BackupRequest)
      const plan = toOrder(ctx, user, database)
      return order(parts.queue, { name: 'db_backup', order: plan })
    }),
  )
  router.post('/admin/restores', async (ctx) =>
    asAdmin(ctx as AppContext, async (user) => {
      const { file } = await readJson(ctx.req, RestoreRequest)
      const plan = { ...toOrder(ctx, user), file }
      return order(parts.queue, { name: 'db_restore', order: plan })
    }),
  )
}

async function asUser(
  ctx: AppContext,
  { keys }: AppParts,
  work: (user: string) => Promise<void>,
): Promise<void> {
  const user = await keys.verify(bearerOf(ctx))
  if (user === undefined) {
    refuse(ctx)
    return
  }
  ctx.state.user = user
  await audit.with({ actor: { id: user, type: 'user' } }, async () => work(user))
}

function bearerOf(ctx: Context): string {
  return /^Bearer (\S+)$/i.exec(ctx.get('authorization'))?.[1] ?? ''
}
