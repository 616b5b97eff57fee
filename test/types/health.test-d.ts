import { health, healthHandler, healthResponse } from '../../src/index.ts'

health.check('queue', async ({ signal }) => {
  await fetch('http://127.0.0.1:1', { signal })
  return { status: 'degraded', message: 'slow' }
})
health.check('disk', () => true, { every: 30_000, timeout: 1_000 })
healthHandler({ shape: ({ status }) => ({ status }) })

// @ts-expect-error: a status that there is not
health.check('queue', () => ({ status: 'fine' }))
// @ts-expect-error: a number says nothing of health
health.check('queue', () => 200)
// @ts-expect-error: the name comes first
health.check(() => true, 'queue')
// @ts-expect-error: an option that there is not
health.check('queue', () => true, { interval: 30_000 })
// @ts-expect-error: the deadline is in milliseconds
health.check('queue', () => true, { timeout: '1s' })
// @ts-expect-error: a shape that there is not
healthResponse({ shape: 'deep' })
