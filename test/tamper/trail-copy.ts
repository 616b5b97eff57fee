import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import type { StoredRecord } from './attack.ts'

/** The filled trail with its checkpoints, for one attacker to do with as he likes. */
export interface TrailCopy extends AsyncDisposable {
  /** Superuser's URL. */
  readonly url: string
  /** Folder with copies of the checkpoint files and the public key. */
  readonly checkpoints: string
  readonly publicKey: string
  /** All records as they were, in the order of their seals. */
  readonly records: readonly StoredRecord[]
  /** A backup from the middle of the filling: another database of the same server. */
  readonly backupUrl: string
  /** Where the second witness is. */
  readonly lokiUrl: string
  /** A connection of the attacker; ended with the copy. */
  connect(role: 'owner' | 'superuser'): Promise<Client>
}

/** What copies are made of. */
export interface CopySource {
  readonly serverUrl: string
  readonly template: string
  readonly backup: string
  readonly checkpoints: string
  readonly publicKeyName: string
  readonly records: readonly StoredRecord[]
  readonly lokiUrl: string
}

/** Copies the filled database and its checkpoint files; nobody may be connected to the template. */
export async function copyTrail(source: CopySource, name: string): Promise<TrailCopy> {
  const folder = `${source.checkpoints}-${name}`
  await cp(source.checkpoints, folder, { recursive: true })
  await onServer(source.serverUrl, `CREATE DATABASE ${name} TEMPLATE ${source.template}`)
  const url = withDatabase(source.serverUrl, name)
  const clients: Client[] = []
  return {
    url,
    checkpoints: folder,
    publicKey: join(folder, source.publicKeyName),
    records: source.records,
    backupUrl: withDatabase(source.serverUrl, source.backup),
    lokiUrl: source.lokiUrl,
    connect: async (role) => {
      const client = new Client({ connectionString: url })
      await client.connect()
      clients.push(client)
      if (role === 'owner') await client.query('SET ROLE audit_owner')
      return client
    },
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.end()
      await onServer(source.serverUrl, `DROP DATABASE ${name} WITH (FORCE)`)
      await rm(folder, { recursive: true })
    },
  }
}

/** The URL of another database of the same server. */
export function withDatabase(url: string, database: string): string {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

/** Runs one statement on a connection of its own. */
export async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
