import { createRequire } from 'node:module'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A server that speaks S3, with one bucket. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string
  readonly bucket: string
}

/** What is used of the package `@20minutes/s3rver`, which has no types. */
interface S3rver {
  run(): Promise<{ readonly port: number }>
  close(): Promise<void>
}

type S3rverConstructor = new (options: object) => S3rver

/** Starts it on a free port; what it was given is gone when it ends. */
export async function startS3Server(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'course-platform-s3-'))
  const Server = createRequire(import.meta.url)('@20minutes/s3rver') as S3rverConstructor
  const bucket = 'backups'
  const server = new Server({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
  })
  const { port } = await server.run()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
