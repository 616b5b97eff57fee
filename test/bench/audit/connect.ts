import { Client } from 'pg'

/** A connection that ends with its scope. */
export async function connect(postgres: string): Promise<Client & AsyncDisposable> {
  const client = new Client({ connectionString: postgres })
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}
