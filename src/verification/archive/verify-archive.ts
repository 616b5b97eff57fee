import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { allChecks } from '../checks.ts'
import { Findings } from '../problems.ts'
import { createLocalRunner } from '../range-runner.ts'
import { type CheckpointOptions, readCheckpoints } from '../read-checkpoints.ts'
import type { SealHeader } from '../rows.ts'
import type { Verdict } from '../verdict.ts'
import { type VerifyProgress, verifyTrail } from '../verify-trail.ts'
import { openArchiveSource } from './archive-source.ts'
import { changedFiles, type Manifest, readManifest } from './manifest.ts'

/** Which archive to verify, and against what. */
export interface VerifyArchiveOptions extends CheckpointOptions {
  readonly directory: string
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined
}

/**
 * Verifies an archive, without any database, by the same checks. Without other checkpoints those in the archive count.
 *
 * @throws {Error} when it could not be checked at all
 */
export async function verifyArchive(options: VerifyArchiveOptions): Promise<Verdict> {
  const { directory, onProgress } = options
  const manifest = await readManifest(directory)
  const findings = new Findings()
  for (const name of await changedFiles(directory, manifest)) {
    findings.add({ rule: 'archive', message: `${name} does not have the SHA-256 of the manifest` })
  }
  const own = join(directory, 'checkpoints')
  const hasKeys = (options.publicKeys ?? []).length > 0
  const isGiven = (options.checkpoints ?? []).length > 0
  const checkpoints = await readCheckpoints(
    isGiven || !hasKeys || !existsSync(own) ? options : { ...options, checkpoints: [own] },
    findings,
  )
  const source = openArchiveSource(directory, manifest)
  const checks = new Set([...allChecks].filter((check) => !source.lacks?.has(check)))
  try {
    return await verifyTrail({
      source,
      runner: createLocalRunner(source, checks),
      checkpoints,
      checks,
      findings,
      ...(manifest.part !== null && { isWanted: wantedIn(manifest.part, findings) }),
      onProgress,
    })
  } finally {
    await source.close()
  }
}

/**
 * The seals whose rows the archive has. Of a time it must have all of that time: a seal that is only named would take its records
 * away unseen. Of a partition nobody can tell without the database which they are.
 */
function wantedIn(
  { from, to, partition }: NonNullable<Manifest['part']>,
  findings: Findings,
): (header: SealHeader) => boolean {
  const [first, last] = [from, to].map((time) => time && BigInt(Date.parse(time)) * 1_000n)
  const told = new Set<string>()
  return (header) => {
    const { sealer, seal, recordedAt } = header
    if ('leaves' in header) return true
    const isInPart = (!first || recordedAt >= first) && (!last || recordedAt <= last)
    const place = `${sealer} ${seal}`
    if (partition === undefined && isInPart && !told.has(place)) {
      told.add(place)
      const message = 'the archive is of this time, and does not have the rows of the seal'
      findings.add({ rule: 'archive', sealer, seal, recordedAt, message })
    }
    return false
  }
}
