import type { Fault, Place } from '../test/faults/fault.ts'
import { places } from '../test/faults/fault.ts'
import { markdownTable, page } from './markdown.ts'

const WHERE: Readonly<Record<Place, string>> = {
  producer: 'The service that records',
  network: 'Between the service and the Collector',
  collector: 'The Collector',
  postgres: 'PostgreSQL',
  data: 'What a record holds',
  neighbours: 'The neighbours',
}

const ABOUT: Partial<Readonly<Record<Place, string>>> = {
  network: 'The services deliver through a proxy of the campaign, which misbehaves for a while.',
  data: 'The same is sent by the SDK and, where another sender can do worse, as raw OTLP. A record counts as recorded when its promise resolved or its request was answered 200, and as stored when it is among the records, the conflicts or in quarantine: all three keep it whole. Which is which is told by a mark in the record, because an id may be what is wrong with it.',
}

/** The reference of the fault campaign, made from the table of its faults. */
export function faultsPage(faults: readonly Fault[]): string {
  return page(
    'Faults',
    'What is done to the audit trail to see whether it keeps its promise: a record whose `audit.record()` has resolved is in PostgreSQL exactly once. Every fault is injected into the real stack, at a chance moment of a steady load; afterwards the system is repaired, what is in the spools is delivered, and everything is counted.',
    [
      '```sh',
      'npm run faults                            every fault, as often as the tables below say',
      'npm run faults -- NAME... [--rounds N]    some of them, or all of a place: producer, network, ...',
      'npm run faults -- --seed N                the chance moments of an earlier run',
      'npm run faults -- --json                  the table as JSON on stdout',
      'npm run faults -- --keep                  keeps spools, accounts and logs, and says where',
      'npm run faults -- --list                  what there is',
      '```',
    ].join('\n'),
    'Progress is on stderr. The exit code is 0 only if no row has anything lost or doubled and every verdict is green. The end-to-end tests run a short form on every change: `test/e2e/faults.test.ts`.',
    '## How to read the table',
    markdownTable(
      ['column', 'what it says'],
      [
        ['`rounds`', 'How often the fault was injected.'],
        [
          '`recorded`',
          'Records of which the service was told that they are safe. A service writes each id into its account before it calls `audit.record()` and again when the promise has resolved, with system calls that have happened when they return: so the account of a killed service is exact.',
        ],
        ['`stored`', 'Those of them that the database has.'],
        ['`lost`', 'The difference.'],
        [
          '`doubled`',
          'Ids that are there more than once, ids that came again with other content, and places of a stream that two records claim.',
        ],
        [
          '`verdict`',
          'Of `telltale audit verify` over the whole trail, with the checkpoints of the stack, after the newest one: `green`, `amber`, `red`, or `unchecked` when it could not be asked. `fell short`: green, but the fault did not strike or its own measure was missed. `not run`: this machine cannot have the fault; the notes say what is missing.',
        ],
        ['`s`', 'What it took, in seconds.'],
      ],
    ),
    'Refused records are not in the table: `audit.record()` said that it cannot keep them. The notes below it count them by the error that the caller got. After a row that is not good the next fault starts on a new stack, so that one failure does not spoil what follows.',
    'A disk is made full by mounting a small file system, which needs root: otherwise these rows say `not run`. System calls are made to fail by a library built with the C compiler `cc`; where there is none, calls of `node:fs` are. The wall clock is set by replacing `Date` in the service: the monotonic clock goes on, as it does when an administrator sets the time.',
    ...places.flatMap((place) => section(place, faults)),
  )
}

function section(place: Place, faults: readonly Fault[]): string[] {
  const about = ABOUT[place]
  const rows = faults
    .filter(({ where }) => where === place)
    .map((fault) => [`\`${fault.name}\``, String(fault.rounds), `${sentence(fault.about)}.`])
  return [
    `## ${WHERE[place]}`,
    ...(about ? [about] : []),
    markdownTable(['fault', 'rounds', 'what is done'], rows),
  ]
}

function sentence(text: string): string {
  return `${text[0]!.toUpperCase()}${text.slice(1)}`
}
