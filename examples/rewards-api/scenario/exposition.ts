import { assert } from '../../support/assert.ts'
import { problemsOfExposition } from '../../support/check-exposition.ts'
import { parseExposition } from '../../support/exposition.ts'
import { parseFamilies } from '../../support/families.ts'
import { untilScraped } from '../../support/prometheus.ts'
import type { Service } from '../../support/services.ts'
import type { Stage } from '../../support/stage.ts'

/** The service's own routes, and the word for all others. */
const ROUTES: ReadonlySet<string> = new Set([
  '/quizzes/:id/submissions',
  '/quizzes/:id/claim',
  '/courses/:id/credentials',
  '/health',
  '/metrics',
  'not_found',
])

/** Looks at what Prometheus is given, on both ports. */
export async function proveExposition(
  { prove, stack }: Pick<Stage, 'prove' | 'stack'>,
  { url, metricsUrl }: Service,
): Promise<void> {
  await prove("GET /metrics on the application's own port", async () => {
    const [own, usual] = await Promise.all([readMetrics(`${url}/metrics`), readMetrics(metricsUrl)])
    assert(own.type === usual.type, `its type is ${own.type}, not ${usual.type}`)
    const missing = [...parseFamilies(usual.text).keys()].filter(
      (name) => !parseFamilies(own.text).has(name),
    )
    assert(missing.length === 0, `it lacks ${missing.join(', ')}`)
  })
  await prove('the exposition is valid', async () => {
    const { text } = await readMetrics(`${url}/metrics`)
    const problems = problemsOfExposition(text)
    assert(problems.length === 0, problems.slice(0, 3).join('; '))
    // One line that Prometheus cannot read, and it would take none of them.
    await untilScraped(stack.addresses, 'up{job="rewards-api"} == 1')
  })
  await prove('the route is the template, never the raw URL', async () => {
    for (const path of ['/.git/config', '/quizzes/1/2/3', '/health/../etc', '/metrics?x=1']) {
      await (await fetch(url + path)).body?.cancel()
    }
    const { text } = await readMetrics(metricsUrl)
    const routes = parseExposition(text).flatMap(({ labels: { route } }) => route ?? [])
    const foreign = routes.filter((route) => !ROUTES.has(route))
    assert(foreign.length === 0, `there is the route ${foreign[0]}`)
    assert(routes.includes('not_found'), 'what matched no route was not counted')
    assert(!text.includes('stellar-basics'), 'the id of a quiz is a label')
  })
}

async function readMetrics(url: string): Promise<{ readonly type: string; readonly text: string }> {
  const response = await fetch(url)
  assert(response.status === 200, `${url} answered ${response.status}`)
  return { type: response.headers.get('content-type') ?? '', text: await response.text() }
}
