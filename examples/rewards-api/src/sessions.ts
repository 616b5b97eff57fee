import type { Redis } from 'ioredis'
import { AuthenticationError, type Identity } from './authentication.ts'

/** What the log-in service keeps in Redis while somebody is logged in. */
export interface Session {
  readonly userId: string
  /** The wallet this person connected: where rewards go. */
  readonly stellarAddress: string
}

/** Where a session is found. */
export function sessionKey(sessionId: string): string {
  return `session:${sessionId}`
}

/**
 * Finds the session that a token belongs to.
 *
 * @throws {AuthenticationError} after log-out, whatever the token still says
 */
export async function requireSession(redis: Redis, identity: Identity): Promise<Session> {
  const session = await findSession(redis, identity)
  if (session) return session
  throw new AuthenticationError('session ended', { identity })
}

/** The same for whom it may be missing. */
export async function findSession(
  redis: Redis,
  { userId, sessionId }: Identity,
): Promise<Session | undefined> {
  const text = await redis.get(sessionKey(sessionId))
  if (text === null) return undefined
  const session: Session = JSON.parse(text)
  return session.userId === userId ? session : undefined
}
