import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { until } from '../../../deploy/stack/deadline.ts'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { dataCases } from '../producer/data-cases.ts'
import { ledgerMarks, newMark } from '../producer/order.ts'
import { postUntilAnswered, type RawRecord, toRequest } from '../support/raw-otlp.ts'
import { rawCases } from './raw-cases.ts'

const ABOUT: Readonly<Record<string, string>> = {
  nul: 'NUL characters in texts, keys and names',
  surrogates: 'lone surrogates, which UTF-8 cannot carry',
  'invalid-utf8': 'bytes that are not UTF-8 where text belongs',
  'value-5mb': 'values of 3 and 5 MB',
  'keys-10000': '10 000 keys',
  'attributes-200': '200 attributes, and 200 of one name',
  'depth-200': 'values nested 200 deep',
  numbers: 'NaN, infinities, minus zero and the smallest number',
  integers: '64-bit integers up to both ends',
  years: '1970 and before, 2262, 9999 and no time at all',
  'same-id': 'one id with other content, and with the same again',
  ids: 'ids that are no UUID, no UUIDv7, or far in the past or future',
  keys: 'empty, doubled and prototype keys',
  poison: 'one record that cannot be stored among 1 000 that can',
}

/** What a record can hold. From the SDK, and as raw OTLP where another sender could do worse. */
export const dataFaults: readonly Fault[] = Object.entries(ABOUT).map(([name, about]) => ({
  where: 'data',
  name: `data-${name}`,
  about,
  rounds: 3,
  countBy: 'mark',
  run: async (field) => {
    if (dataCases[name]) await bySdk(field, name)
    for (let round = 0; round < field.rounds; round += 1) await byRawOtlp(field, name)
  },
}))

const ENDS_WITHIN_MILLIS = 120_000

async function bySdk(field: Field, dataCase: string): Promise<void> {
  const producer = await field.startDataProducer(dataCase)
  if (!(await until(() => producer.hasEnded(), ENDS_WITHIN_MILLIS))) {
    throw new Error(`the producer had not ended after ${ENDS_WITHIN_MILLIS / 1_000} s`)
  }
  const { code, signal } = await producer.ended
  if (code !== 0) throw new Error(`the producer ended with ${signal ?? `exit code ${code}`}`)
}

/** Keeps account as a producer does: a mark is recorded when its request was answered 200. */
async function byRawOtlp(field: Field, name: string): Promise<void> {
  const ledger = field.ledgers.nextFile()
  const write = (kind: string, { mark }: RawRecord, rest = ''): void =>
    appendFileSync(ledger, `${kind} ${mark}${rest}\n`)
  const requests = rawCases[name]?.(() => newMark(randomBytes(8))) ?? []
  for (const records of requests) {
    for (const record of records) write(ledgerMarks.begun, record)
    const body = new Uint8Array(toRequest(field.service, records))
    const status = await postUntilAnswered(field.stack.addresses, body)
    for (const record of records) {
      if (status === 200) write(ledgerMarks.recorded, record)
      else write(ledgerMarks.refused, record, ` status ${status}`)
    }
  }
}
