import type { SentryEvent } from './sentry-event.ts'

/** A Sentry DSN in its parts. */
export interface Dsn {
  readonly host: string
}

/** An answer of Sentry's, as its library wants it. */
export interface SentryAnswer {
  readonly statusCode: number
  readonly headers: {
    readonly 'x-sentry-rate-limits': string | null
    readonly 'retry-after': string | null
  }
}

/** What is used of `@sentry/core`: no part of it that would take over OpenTelemetry. */
export interface SentryLibrary {
  makeDsn(dsn: string): Dsn | undefined
  getEnvelopeEndpointWithUrlEncodedAuth(dsn: Dsn): string
  createEventEnvelope(event: SentryEvent, dsn: Dsn): object
  serializeEnvelope(envelope: object): string | Uint8Array
  createTransport(
    options: { readonly bufferSize: number; recordDroppedEvent(reason: string): void },
    send: (request: { readonly body: string | Uint8Array }) => Promise<SentryAnswer>,
  ): {
    send(envelope: object): PromiseLike<unknown>
    flush(timeoutMillis: number): PromiseLike<boolean>
  }
  createStackParser(parser: unknown): (stack: string) => readonly object[]
  nodeStackLineParser(): unknown
}

const PARTS = [
  'makeDsn',
  'getEnvelopeEndpointWithUrlEncodedAuth',
  'createEventEnvelope',
  'serializeEnvelope',
  'createTransport',
  'createStackParser',
  'nodeStackLineParser',
] as const satisfies readonly (keyof SentryLibrary)[]

/** The package as the library that it should be; nothing when a part is missing. */
export function asSentryLibrary(loaded: unknown): SentryLibrary | undefined {
  const library = loaded as Readonly<Record<string, unknown>> | null | undefined
  return PARTS.every((part) => typeof library?.[part] === 'function')
    ? (loaded as SentryLibrary)
    : undefined
}
