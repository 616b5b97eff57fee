import { countRequests, timeRequests } from 'telltale'
import { metrics } from './metrics.ts'

/** How requests become the team's metrics. */
export const requestFeeds = [
  countRequests(metrics.requests, ({ method, status }) => ({ method, status })),
  timeRequests(metrics.duration, ({ method }) => ({ method })),
  timeRequests(metrics.routeDuration, ({ method, route }) => ({ method, route })),
]
