import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeRequest } from '../../src/audit/delivery/request-body.ts'
import { trailStarted } from '../../src/audit/own-record.ts'
import {
  createSpooledTrail,
  type SpooledTrail,
  type SpooledTrailOptions,
} from '../../src/audit/spooled-trail.ts'
import { createPost } from '../../src/otlp/post.ts'
import { createReporter } from '../../src/core/reporter.ts'
import { makeOwnRecord } from './own-evidence.ts'

/** What is counted, as numbers. */
export interface Counted {
  recorded: number
  delivered: number
  parked: number
  skipped: number
  readonly refused: string[]
}

/** A trail under test, with what it counts and says. */
export interface TestTrail extends SpooledTrail {
  readonly counted: Counted
  readonly lines: string[]
}

/** A folder for a spool, short enough for its sockets; gone when disposed. */
export function makeSpoolFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'tt-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** Whether no lane of a dead owner is left inside another one. */
export function hasNothingAdopted(spool: string): boolean {
  try {
    const paths = readdirSync(spool, { recursive: true, encoding: 'utf8' })
    return paths.every((path) => !/adopted\/./.test(path))
  } catch {
    // A folder went while it was looked at: something is still being done there.
    return false
  }
}

/** Starts a trail that delivers to `url`. */
export function startTrail(
  directory: string,
  url: string,
  options: Partial<SpooledTrailOptions> = {},
): TestTrail {
  const counted: Counted = { recorded: 0, delivered: 0, parked: 0, skipped: 0, refused: [] }
  const lines: string[] = []
  const trail = createSpooledTrail({
    directory,
    maxBytes: 2 ** 30,
    timeoutMillis: 10_000,
    shownUrl: url,
    post: createPost(`${url}/v1/logs`, { 'content-type': 'application/x-protobuf' }, {}),
    toBody: async (frames) => encodeRequest(frames),
    makeOwnRecord,
    started: trailStarted('0.0.0', process.pid, 0),
    metrics: {
      recorded: (count) => void (counted.recorded += count),
      delivered: (count) => void (counted.delivered += count),
      parked: () => void (counted.parked += 1),
      skipped: (bytes) => void (counted.skipped += bytes),
      refused: (code) => void counted.refused.push(code),
    },
    reporter: createReporter((line) => void lines.push(line)),
    scanMillis: 50,
    ...options,
  })
  return { ...trail, counted, lines }
}
