import { startPartOfStack } from '../../../deploy/stack/stack.ts'
import { makeBenchFolder } from './bench-folder.ts'
import { type FilledTrail, fillTrail } from './trail/fill-trail.ts'

/** A PostgreSQL of its own with a filled trail. */
export interface TrailDatabase extends FilledTrail, AsyncDisposable {
  /** URLs of a superuser and of a user who may only read the trail. */
  readonly postgres: string
  readonly postgresAuditor: string
  readonly fillSeconds: number
}

/** Heap, indexes and log of one row, and as much again for making the indexes. */
const BYTES_PER_RECORD = 6_000

/** Starts a PostgreSQL and fills it; disposing removes both. */
export async function startTrailDatabase(
  records: number,
  progress: (line: string) => void,
): Promise<TrailDatabase> {
  const folder = makeBenchFolder(records * BYTES_PER_RECORD + 2 ** 30)
  const stack = await startPartOfStack(['postgres'], { onProgress: progress })
  const close = async (): Promise<void> => {
    await stack.stop()
    folder[Symbol.dispose]()
  }
  try {
    const { postgres, postgresAuditor } = stack.addresses
    const startedAt = performance.now()
    const filled = await fillTrail(postgres ?? '', records, folder.path, progress)
    return {
      ...filled,
      postgres: postgres ?? '',
      postgresAuditor: postgresAuditor ?? '',
      fillSeconds: (performance.now() - startedAt) / 1_000,
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** How the rows came in, for whoever compares it with a trail that grew by itself. */
export function describeFill({ records, workers, fillSeconds }: TrailDatabase): string {
  return `${records} rows were made and written by ${workers} threads with COPY, past append_records() and without indexes, which were made afterwards; then VACUUM (ANALYZE): ${Math.round(fillSeconds)} s in all`
}
