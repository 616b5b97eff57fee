import { trace, type Context, type Span } from '@opentelemetry/api'
import { loadPackage } from '../core/load-package.ts'

type Core = typeof import('@opentelemetry/core')

let core: Core | undefined

/** What the HTTP instrumentation keeps of the request that a context belongs to. */
function metadataOf(context: Context): ReturnType<Core['getRPCMetadata']> {
  core ??= loadPackage('@opentelemetry/core') as Core
  return core.getRPCMetadata(context)
}

/** The SERVER span of the request that a context belongs to; spans of middlewares may be active within it. */
export function serverSpanOf(context: Context): Span | undefined {
  return metadataOf(context)?.span ?? trace.getSpan(context)
}

/** Whether the route of a request is known already. */
export function hasRoute(context: Context): boolean {
  return metadataOf(context)?.route !== undefined
}

/** Gives the SERVER span of a request, and its duration metric, the route's template: `/quizzes/:id/claim`. */
export function setRoute(context: Context, route: string): void {
  const metadata = metadataOf(context)
  // The HTTP instrumentation reads the route from here when the response ends.
  if (metadata) metadata.route = route
  const span = serverSpanOf(context)
  // With a broken connection it may have ended before the route is known.
  if (span?.isRecording()) span.setAttribute('http.route', route)
}
