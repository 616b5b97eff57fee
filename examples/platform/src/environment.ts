import type { User } from './keycloak.ts'

/** What a request carries along, in Hono's words. */
export interface Environment {
  Variables: { user: User }
}
