import type { Service } from '../../support/services.ts'
import { type Client, logIn } from './client.ts'
import type { ProxmoxClient } from './proxmox-client.ts'

/** Who works with the platform here, and on what. */
export interface Team {
  readonly api: Service
  readonly proxmox: Service
  readonly inProxmox: ProxmoxClient
  readonly databaseUrl: string
  /** Everybody's. */
  readonly password: string
  /** Of tenant-1. */
  readonly ada: Client
  /** Of tenant-1, for its security. */
  readonly mary: Client
  /** Of tenant-2. */
  readonly grace: Client
  /** Of tenant-2, for its security. */
  readonly alan: Client
  /** Of tenant-3. */
  readonly linus: Client
}

const NAMES = ['ada', 'mary', 'grace', 'alan', 'linus'] as const

/** Logs everybody in. */
export async function logAllIn(api: Service, password: string): Promise<Pick<Team, Names>> {
  const clients = await Promise.all(
    NAMES.map(async (name) => [name, await logIn(api.url, name, password)] as const),
  )
  return Object.fromEntries(clients) as unknown as Pick<Team, Names>
}

type Names = (typeof NAMES)[number]
