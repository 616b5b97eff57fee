import { startPartOfStack } from '../../../deploy/stack/stack.ts'

/** A real PostgreSQL and a real Redis on loopback, for one benchmark. */
export interface DataStores extends AsyncDisposable {
  /** How a measured process finds them. */
  readonly variables: { readonly POSTGRES_URL: string; readonly REDIS_URL: string }
}

/** Starts both; disposing ends them. */
export async function startDataStores(progress: (line: string) => void): Promise<DataStores> {
  const stack = await startPartOfStack(['postgres', 'redis'], { onProgress: progress })
  return {
    variables: {
      POSTGRES_URL: await stack.createDatabase('bench'),
      REDIS_URL: stack.addresses.redis ?? '',
    },
    [Symbol.asyncDispose]: async () => stack.stop(),
  }
}
