import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import express, { type ErrorRequestHandler, type Express, type Request } from 'express'
import type { Pool } from 'pg'
import {
  countRequests,
  gaugeRequests,
  metricsHandler,
  type RequestFacts,
  templatePath,
  timeRequests,
} from 'telltale'
import { httpTelemetry, recordErrors } from 'telltale/express'
import { z } from 'zod'
import { findCourse, listCourses, searchCourses } from './database.ts'
import { metrics } from './metrics.ts'
import { createRateLimit } from './rate-limit.ts'
import type { Settings } from './settings.ts'

/** What the application is made of. */
export interface AppParts {
  readonly pool: Pool
  readonly settings: Settings
}

/** As large as PostgreSQL's `int`. */
const CourseId = z.coerce
  .number()
  .int()
  .min(1)
  .max(2 ** 31 - 1)
/** PostgreSQL has no text with a NUL in it. */
const Search = z.object({ q: z.string().regex(/^[^\0]{1,100}$/) })
const Credentials = z.object({ username: z.string(), password: z.string().min(8) })
const Upload = z.object({ name: z.string().regex(/^[\w.-]+$/), content: z.string().max(1_000_000) })

/** Builds the application; nothing listens yet. */
export function createApp({ pool, settings }: AppParts): Express {
  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', settings.TRUSTED_PROXIES)
  app.use(
    httpTelemetry({
      trustedProxies: settings.TRUSTED_PROXIES,
      forwardedEntry: 'first',
      user: (request) => userOf(request as Request),
      metrics: [
        gaugeRequests(metrics.inFlight),
        countRequests(metrics.requests, toLabels),
        countRequests(metrics.serverErrors, toLabels, ({ status }) => status >= 500),
        timeRequests(metrics.duration, toLabels),
      ],
      unmatchedRoute: templatePath,
      accessLog: { component: 'access' },
      securityEvents: {
        paths: ['/api/v1/auth/', '/api/v1/token/', '/api/v1/upload/', '/api/v1/password/'],
      },
    }),
  )
  if (settings.METRICS_ENABLED) app.get('/metrics/', metricsHandler())
  app.get('/healthz', async (_request, response) => {
    try {
      await pool.query('SELECT 1')
      response.json({ status: 'ok' })
    } catch {
      // Not an error of this service: whoever sends requests here is to send them elsewhere.
      response.status(503).json({ status: 'unavailable' })
    }
  })
  app.use(express.json({ limit: '1mb' }))
  addCourses(app, pool)
  addSearch(app, pool, settings)
  addAccounts(app)
  app.use((_request, response) => {
    response.status(404).json({ error: { code: 'not_found', message: 'there is nothing here' } })
  })
  app.use(recordErrors())
  app.use(answerError)
  return app
}

/** The proxy that logs people in says who they are; whoever asks past it could say anything. */
function userOf(request: Request): string | undefined {
  const isProxy = request.app.get('trust proxy fn') as (address: string, hop: number) => boolean
  return isProxy(request.socket.remoteAddress ?? '', 0) ? request.get('x-user') : undefined
}

function addCourses(app: Express, pool: Pool): void {
  app.get('/api/v1/courses', async (_request, response) => {
    response.json(await listCourses(pool))
  })
  app.get('/api/v1/courses/:id', async (request, response, next) => {
    const course = await findCourse(pool, CourseId.parse(request.params.id))
    if (course) response.json(course)
    else next()
  })
  // Somebody has to be able to see what a fault looks like.
  app.get('/api/v1/reports/:id', () => {
    throw new Error('the report cannot be made')
  })
  app.get('/api/v1/courses/:id/video', async (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' })
    // Who hangs up is no error; who reads slowly is waited for.
    await pipeline(Readable.from(frames()), response).catch(() => undefined)
  })
  app.delete('/api/v1/courses/:id', (_request, response) => {
    response.status(403).json({ error: { code: 'forbidden', message: 'only for editors' } })
  })
}

async function* frames(): AsyncGenerator<string> {
  for (;;) {
    yield 'frame'
    await sleep(10)
  }
}

function addSearch(app: Express, pool: Pool, settings: Settings): void {
  const limit = createRateLimit(settings.SEARCHES_PER_MINUTE)
  app.get('/api/v1/search', async (request, response) => {
    const { q } = Search.parse(request.query)
    if (limit.take()) {
      response.json(await searchCourses(pool, q))
      return
    }
    response.setHeader('retry-after', '60')
    const message = 'please search again in a minute'
    response.status(429).json({ error: { code: 'too_many_requests', message } })
  })
}

function addAccounts(app: Express): void {
  app.post('/api/v1/auth/login', (request, response) => {
    Credentials.parse(request.body)
    // Nobody is let in here: accounts are no part of this example.
    response.status(401).json({ error: { code: 'unauthorized', message: 'wrong password' } })
  })
  app.post('/api/v1/upload/', (request, response) => {
    const { name, content } = Upload.parse(request.body)
    response.status(201).json({ name, length: content.length })
  })
}

const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) {
    next(error)
    return
  }
  const status = statusOf(error)
  const [code, message] = CODES[status] ?? ['bad_request', 'the request cannot be used']
  response.status(status).json({ error: { code, message } })
}

const CODES: Readonly<Record<number, readonly [code: string, message: string]>> = {
  413: ['too_large', 'the body is too long'],
  415: ['unsupported', 'the body is of no known type'],
  500: ['internal', 'please try again'],
}

/** What cannot be read is the fault of whoever sent it; Express says so by a status. */
function statusOf(error: unknown): number {
  if (error instanceof z.ZodError) return 400
  const { status = 500 } = Object(error) as { readonly status?: unknown }
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500
}

function toLabels({ method, route, status }: RequestFacts): {
  method: string
  path_template: string
  status_code: number
} {
  return { method, path_template: route, status_code: status }
}
