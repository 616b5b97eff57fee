import { request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { assert } from '../../support/assert.ts'
import { eventually } from '../../support/eventually.ts'
import { scrape, sumOf } from '../../support/exposition.ts'
import type { Service } from '../../support/services.ts'
import { PATIENCE } from './look.ts'

/** One of `SEARCHES_PER_MINUTE`, and then one too many, whenever a minute begins. */
export const SEARCHES_PER_MINUTE = 3

const json = { 'content-type': 'application/json' }

/** What people ask for, and what they are to be answered. */
const VISITS: readonly (readonly [path: string, status: number, init?: RequestInit])[] = [
  ['/api/v1/courses', 200],
  ['/api/v1/courses/99', 404],
  ['/api/v1/courses/99999999999', 400],
  ['/files/7/pages/3', 404],
  ['/api/v1/reports/1', 500],
  ['/api/v1/courses/1', 403, { method: 'DELETE', headers: { 'x-user': 'linus' } }],
  [
    '/api/v1/auth/login',
    401,
    { method: 'POST', headers: json, body: '{"username":"ada","password":"guess-guess"}' },
  ],
  ['/api/v1/upload/', 400, { method: 'POST', headers: json, body: '{"name":"../etc"}' }],
  ['/api/v1/upload/', 400, { method: 'POST', headers: json, body: '{' }],
  ['/api/v1/upload/', 413, { method: 'POST', headers: json, body: `"${'x'.repeat(1_100_000)}"` }],
  ['/api/v1/token/refresh', 404, { method: 'POST' }],
  ['/api/v1/password/reset', 404, { method: 'POST' }],
]

/** What a morning brings. @returns the request id of somebody who read a course */
export async function visit({ url }: Service): Promise<string> {
  for (const [path, expected, init] of VISITS) {
    const { status, headers } = await fetch(url + path, init)
    assert(status === expected, `${path} was answered ${status}, not ${expected}`)
    assert(headers.has('x-request-id'), `${path} was answered without X-Request-ID`)
  }
  await searchTooMuch(url)
  const course = await fetch(`${url}/api/v1/courses/1`, { headers: { 'x-user': 'ada' } })
  assert(course.status === 200, `a course was answered ${course.status}`)
  return course.headers.get('x-request-id') ?? ''
}

async function searchTooMuch(url: string): Promise<void> {
  // A minute may end in between; then another one begins with all its searches.
  for (let times = 0; times <= 2 * SEARCHES_PER_MINUTE; times += 1) {
    const { status } = await fetch(`${url}/api/v1/search?q=book`, { headers: { 'x-user': 'ada' } })
    if (status === 429) return
    assert(status === 200, `a search was answered ${status}`)
  }
  throw new Error('there is no end of searches')
}

/** Requests that are being answered at this moment. */
export async function countInFlight({ metricsUrl }: Service): Promise<number> {
  return sumOf(await scrape(metricsUrl), 'http_requests_in_flight')
}

/**
 * Clients that watch a video, for longer than the SLO allows, and hang up in the middle of it.
 *
 * @param until - what they wait for before that
 */
export async function watchVideos(
  api: Service,
  count: number,
  until: () => Promise<void> = async () => sleep(700),
): Promise<void> {
  const enough = new AbortController()
  const watching = Array.from({ length: count }, async () => {
    await new Promise<void>((resolve) => {
      const request = httpRequest(`${api.url}/api/v1/courses/1/video`, (response) => {
        response.resume()
        response.on('error', () => {})
        response.once('close', resolve)
      })
      request.on('error', () => resolve())
      enough.signal.addEventListener('abort', () => request.destroy())
      request.end()
    })
  })
  try {
    await eventually(
      `${count} requests in flight`,
      async () => countInFlight(api),
      (value) => value >= count,
      PATIENCE,
    )
    await until()
  } finally {
    enough.abort()
    await Promise.all(watching)
  }
}
