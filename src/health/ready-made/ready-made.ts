import { checkBullmq } from './bullmq.ts'
import { checkCertificate } from './certificate.ts'
import { checkHttp } from './http.ts'
import { checkIoredis } from './ioredis.ts'
import { checkJwks } from './jwks.ts'
import { checkPg } from './pg.ts'

/** Checks of what many services depend on, to be given to `health.check()`. */
export interface ReadyMadeChecks {
  /** Whether a connection of a pg `Pool` can be had in time, and PostgreSQL answers on it. */
  readonly pg: typeof checkPg
  /** Whether Redis answers a client of ioredis. */
  readonly ioredis: typeof checkIoredis
  /** Whether a BullMQ `Queue` can be reached and has workers. */
  readonly bullmq: typeof checkBullmq
  /** Whether a server answers well. */
  readonly http: typeof checkHttp
  /** Whether certificates are valid for long enough. */
  readonly certificate: typeof checkCertificate
  /** Whether the keys of a remote key set of jose are there, and not too old. */
  readonly jwks: typeof checkJwks
}

export const readyMadeChecks: ReadyMadeChecks = {
  pg: checkPg,
  ioredis: checkIoredis,
  bullmq: checkBullmq,
  http: checkHttp,
  certificate: checkCertificate,
  jwks: checkJwks,
}
