import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** What is kept beside a backup, so that whoever cleans up knows what may go when. */
export interface BackupFacts {
  readonly createdAt: string
  readonly deleteAfter: string
  readonly sha256: string
}

/** Where backups are kept. */
export interface BackupStore {
  put(name: string, file: string, facts: BackupFacts): Promise<void>
  /** Writes a backup to a file, and answers what is kept beside it. */
  get(name: string, file: string): Promise<BackupFacts>
}

/** Opens a store. @param place - a folder, or `s3://bucket/prefix` */
export function openStore(place: string, variables: NodeJS.ProcessEnv): BackupStore {
  return place.startsWith('s3://') ? openS3(new URL(place), variables) : openFolder(place)
}

function openFolder(folder: string): BackupStore {
  return {
    async put(name, file, facts) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await copyFile(file, join(folder, name))
      await writeFile(join(folder, `${name}.json`), JSON.stringify(facts, undefined, 2))
    },
    async get(name, file) {
      await copyFile(join(folder, name), file)
      return JSON.parse(await readFile(join(folder, `${name}.json`), 'utf8')) as BackupFacts
    },
  }
}

function openS3({ hostname: bucket, pathname }: URL, variables: NodeJS.ProcessEnv): BackupStore {
  const endpoint = variables['S3_ENDPOINT']
  const client = new S3Client({
    region: variables['AWS_REGION'] ?? 'eu-central-1',
    // What speaks S3's protocol elsewhere often knows neither names for buckets nor checksums behind a body.
    ...(endpoint && {
      endpoint,
      forcePathStyle: true,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    }),
  })
  const prefix = pathname.replace(/^\/|\/$/g, '')
  const keyOf = (name: string): string => (prefix === '' ? name : `${prefix}/${name}`)
  return {
    async put(name, file, { createdAt, deleteAfter, sha256 }) {
      const { size } = await stat(file)
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: keyOf(name),
          Body: createReadStream(file),
          ContentLength: size,
          StorageClass: 'STANDARD_IA',
          Metadata: { 'created-at': createdAt, 'delete-after': deleteAfter, sha256 },
        }),
      )
    },
    async get(name, file) {
      const { Body: body, Metadata: metadata = {} } = await client.send(
        new GetObjectCommand({ Bucket: bucket, Key: keyOf(name) }),
      )
      if (!(body instanceof Readable)) throw new Error(`${name} is empty`)
      await pipeline(body, createWriteStream(file))
      const [createdAt = '', deleteAfter = ''] = [metadata['created-at'], metadata['delete-after']]
      return { createdAt, deleteAfter, sha256: metadata['sha256'] ?? '' }
    },
  }
}
