import { assert } from '../../support/assert.ts'
import type { Service } from '../../support/services.ts'

/** Does what somebody does in Proxmox' own interface, past the platform. */
export type ProxmoxClient = (method: string, path: string) => Promise<void>

/** Makes it. @param token - `user@realm!name=secret` */
export function createProxmoxClient({ url }: Service, token: string): ProxmoxClient {
  return async (method, path) => {
    const response = await fetch(`${url}/api2/json${path}`, {
      method,
      headers: { authorization: `PVEAPIToken=${token}` },
    })
    assert(response.ok, `Proxmox answered ${response.status} to ${method} ${path}`)
  }
}
