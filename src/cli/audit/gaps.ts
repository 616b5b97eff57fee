import { wholeNumber } from '../../config/setting.ts'
import { printable } from '../../core/printable.ts'
import { defineCommand, type Outcome } from '../command.ts'
import { flag, option, postgresOption } from '../options.ts'
import type { Gap } from './find-gaps.ts'

/** `telltale audit gaps` */
export const gapsCommand = defineCommand({
  name: 'audit gaps',
  summary: 'List every number of every stream that has no record, with its neighbours',
  about: [
    'Producers number their records, so what never arrived leaves a hole. In flight: the record after it came a short while ago. Overdue: the stream is open, its producer\'s spool may still hold the records. Missing: the stream has ended, nobody will bring them. Parked: the producer keeps them, see "telltale audit parked". Quarantined: they are in audit.quarantine. Retained: they went with their month.',
    'The view audit.gaps says the same in SQL. This command does not check hashes: "telltale audit verify" does.',
  ],
  options: {
    postgres: postgresOption,
    graceMinutes: option(
      'N',
      'How long a number counts as in flight after the record behind it has been stored.',
      wholeNumber({ default: 5, min: 0, max: 525_600 }),
    ),
    all: flag('List what was retained as well.'),
  },
  exitCodes: { 1: 'Numbers are missing or overdue.' },
  run: async ({ postgres, graceMinutes, all }, { env }) => {
    const { findGaps } = await import('./find-gaps.ts')
    const { withPostgres } = await import('../connect-postgres.ts')
    const found = await withPostgres(postgres, env, (client) => findGaps(client, graceMinutes))
    return toOutcome(all ? found : found.filter(({ state }) => state !== 'retained'))
  },
})

function toOutcome(gaps: readonly Gap[]): Outcome {
  const numbers: Partial<Record<Gap['state'], number>> = {}
  for (const { state, firstMissing, lastMissing } of gaps) {
    numbers[state] = (numbers[state] ?? 0) + lastMissing - firstMissing + 1
  }
  const isOpen = numbers.missing !== undefined || numbers.overdue !== undefined
  const summary = Object.entries(numbers).map(([state, count]) => `${count} ${state}`)
  return {
    exitCode: isOpen ? 1 : 0,
    json: { gaps, numbers },
    text: [...gaps.map(toLine), summary.join(', ') || 'no number is missing'].join('\n'),
  }
}

function toLine(gap: Gap): string {
  const { state, streamEnd, streamId, serviceName, firstMissing, lastMissing } = gap
  const range = firstMissing === lastMissing ? `${firstMissing}` : `${firstMissing}-${lastMissing}`
  const neighbours = [
    gap.before && `after #${gap.before.sequence} ${gap.before.recordId} (${gap.before.recordedAt})`,
    gap.after && `before #${gap.after.sequence} ${gap.after.recordId} (${gap.after.recordedAt})`,
    gap.explainedBy && `see ${gap.explainedBy}`,
  ]
  const stream = `stream ${streamId}${serviceName ? ` of ${serviceName}` : ''} (${streamEnd})`
  return printable(
    [`${state.padEnd(11)} #${range} of ${stream}`, ...neighbours.filter(Boolean)].join(', '),
  )
}
