import { loadavg } from 'node:os'
import { endToEnd } from './audit/end-to-end.ts'
import { eventLoop } from './audit/event-loop.ts'
import { describeFill, startTrailDatabase, type TrailDatabase } from './audit/large-trail.ts'
import { latency } from './audit/latency.ts'
import type { AuditPart } from './audit/part.ts'
import { queries } from './audit/queries.ts'
import { spooled } from './audit/spooled.ts'
import { store } from './audit/store.ts'
import { verify } from './audit/verify.ts'
import type { Benchmark, Figure } from './support/benchmark.ts'

const PARTS: Readonly<Record<string, AuditPart>> = {
  spooled,
  'event-loop': eventLoop,
  latency,
  store,
  'end-to-end': endToEnd,
  verify,
  queries,
}

/** A fifth of what the goals speak of: filling so many takes about five minutes. */
const DEFAULT_RECORDS = 1_000_000

export const benchmark: Benchmark = {
  about: 'the audit trail, each figure beside its yardstick in the same run',
  parts: Object.keys(PARTS),
  async measure(progress, { only, records = DEFAULT_RECORDS }) {
    const figures: Figure[] = []
    const notes: string[] = []
    let large: Promise<TrailDatabase> | undefined
    const run = { largeTrail: () => (large ??= startTrailDatabase(records, progress)) }
    try {
      for (const [name, part] of Object.entries(PARTS)) {
        if (only.length > 0 && !only.includes(name)) continue
        const load = loadavg()[0]!.toFixed(1)
        const measured = await part((line) => progress(`${name}: ${line}`), run)
        figures.push(...measured.figures)
        notes.push(...measured.notes.map((note) => `${name}: ${note}`))
        notes.push(`${name}: load average of the machine just before ${load}`)
      }
      if (large) notes.push(`large trail: ${describeFill(await large)}`)
    } finally {
      await (await large?.catch(() => undefined))?.[Symbol.asyncDispose]()
    }
    return { figures, notes }
  },
}
