import type { Redis } from 'ioredis'

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

/** Finds a session; `undefined` after log-out, whatever the token still says. */
export async function findSession(redis: Redis, sessionId: string): Promise<Session | undefined> {
  const text = await redis.get(sessionKey(sessionId))
  if (text === null) return undefined
  const session: Session = JSON.parse(text)
  return session
}
