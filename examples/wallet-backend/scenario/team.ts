import type { Service } from '../../support/services.ts'
import { type Answer, logIn, send } from './client.ts'

/** Sends a request as somebody who has just logged in: tokens live for seconds here, and a busy machine is slow. */
export type As = (user: string, path: string, body?: object) => Promise<Answer>

/** Makes the people who use the API. */
export function createTeam(api: Service, password: string): As {
  return async (user, path, body) => {
    const token = await logIn(api.url, user, password)
    return send(api.url + path, 'POST', token, body)
  }
}
