import type { CopyBuffer } from './copy-buffer.ts'
import { nextHappening, started, stopped } from './happenings.ts'
import { createRandom, toUuidV7 } from './random.ts'
import { leafOf, writeRecord, writeSeal } from './rows.ts'
import { appendTo, type Happening, type Stream, startStream } from './trail-record.ts'

/** What one sealer of a synthetic trail wrote. */
export interface Synthesis {
  readonly sealerId: string
  readonly seed: number
  readonly streams: number
  /** Rows in all, the first and the last record of each stream included. */
  readonly records: number
  /** From when to when, evenly. */
  readonly fromMillis: number
  readonly toMillis: number
}

/** A seal that was written to the buffers, with the rows that it covers. */
export interface SealedBatch {
  /** The seal's text, an entry of the log. */
  readonly text: string
}

const ROWS_PER_SEAL = 512

/** Writes the rows and seals of a trail that is in order in every respect; the rows come in the order of their ids. */
export function* synthesize(
  { sealerId, seed, streams: count, records, fromMillis, toMillis }: Synthesis,
  rows: CopyBuffer,
  seals: CopyBuffer,
): Generator<SealedBatch> {
  const random = createRandom(seed)
  const streams = Array.from({ length: count }, (_, index) =>
    startStream(toUuidV7(fromMillis, index, random), `rewards-api-${seed}-${index}`),
  )
  const micros = (number: number): number =>
    Math.floor((fromMillis + ((toMillis - fromMillis) * number) / records) * 1_000)
  let leaves: Buffer[] = []
  for (let number = 0, sealNumber = 0; number < records; number += 1) {
    const stream = streams[number % count]!
    const at = micros(number)
    const last = Math.min((sealNumber + 1) * ROWS_PER_SEAL, records) - 1
    const place = { sealerId, sealNumber, recordedAtMicros: micros(last) + 1_000 }
    const id = toUuidV7(Math.floor(at / 1_000), number, random)
    const record = appendTo(stream, happeningAt(number, records, count, stream, random), id, at)
    writeRecord(rows, record, stream, { ...place, leafIndex: leaves.length })
    leaves.push(leafOf(record))
    if (number === last) {
      yield { text: writeSeal(seals, place, leaves) }
      leaves = []
      sealNumber += 1
    }
  }
}

function happeningAt(
  number: number,
  records: number,
  streams: number,
  { serviceName }: Stream,
  random: () => number,
): Happening {
  if (number < streams) return started(serviceName, 1_000 + number)
  return number >= records - streams ? stopped(serviceName) : nextHappening(random)
}
