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
import { changedFiles, readManifest } from './manifest.ts'

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
      ...(manifest.part !== null && {
        isWanted: (header: SealHeader) => 'leaves' in header,
      }),
      onProgress,
    })
  } finally {
    await source.close()
  }
}
