/** Records the calls of one data case, each under a mark of its own, and ends. */
import { randomBytes } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import { audit, AuditError, defineAuditEvent } from 'telltale'
import { dataCases } from './data-cases.ts'
import { type DataOrder, ledgerMarks, newMark, ORDER_VARIABLE } from './order.ts'

const order: DataOrder = JSON.parse(process.env[ORDER_VARIABLE] ?? '')
const ledger = openSync(order.ledger, 'a')
const event = defineAuditEvent<object>({
  name: 'data_endured',
  action: 'endure',
  targetType: 'mark',
})

for (let round = 0; round < order.rounds; round += 1) {
  const calls = dataCases[order.dataCase]!()
  await Promise.all(calls.map(async (fields) => recordOne(fields)))
}

async function recordOne(fields: object): Promise<void> {
  const mark = newMark(randomBytes(8))
  write(ledgerMarks.begun, mark)
  try {
    await audit.record(event, {
      actor: { id: 'faults', type: 'service' },
      ...fields,
      target: { id: mark },
    })
    write(ledgerMarks.recorded, mark)
  } catch (error) {
    write(ledgerMarks.refused, mark, error instanceof AuditError ? error.code : String(error))
  }
}

function write(kind: string, mark: string, rest = ''): void {
  writeSync(ledger, `${kind} ${mark} ${rest.replaceAll('\n', ' ')}`.trimEnd() + '\n')
}
