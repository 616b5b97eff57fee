/**
 * A service that does nothing but record audit events, and keeps account of them.
 *
 * Each id is written down before `audit.record()` is called and again when its promise has resolved, both by
 * system calls that have happened when they return: what a SIGKILL leaves is exact.
 */
import { openSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { logs, SeverityNumber, trace } from '@opentelemetry/api'
import { audit, AuditError, defineAuditEvent } from 'telltale'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'
import { ledgerMarks, ORDER_VARIABLE, type ProducerOrder } from './order.ts'

const order: ProducerOrder = JSON.parse(process.env[ORDER_VARIABLE] ?? '')
const ledger = openSync(order.ledger, 'a')
const event = defineAuditEvent({ name: 'fault_endured', action: 'endure', targetType: 'fault' })
const text = 'x'.repeat(order.textLength ?? 100)

/** Promises open at a time: a service under load has many, but not without end. */
const MAX_OPEN = 256
let open = 0
let recorded = 0
let isEnding = false

await produce()

async function produce(): Promise<void> {
  for (;;) {
    if (order.perSecond === 0 || isEnding) {
      await sleep(1_000)
      continue
    }
    const group = Math.min(1 + Math.floor(Math.random() * 20), MAX_OPEN - open)
    for (let index = 0; index < group; index += 1) void recordOne()
    await sleep(Math.max(1, (1_000 * Math.max(group, 1)) / order.perSecond))
  }
}

async function recordOne(): Promise<void> {
  const id = createUuidV7()
  open += 1
  write(ledgerMarks.begun, id)
  try {
    if (order.telemetry) makeTelemetry(id)
    await audit.record(event, {
      id,
      actor: { id: 'faults', type: 'service' },
      target: { id },
      details: { text },
    })
    write(ledgerMarks.recorded, id)
    recorded += 1
    if (recorded === order.end?.afterRecorded) end(order.end.how)
  } catch (error) {
    write(ledgerMarks.refused, id, error instanceof AuditError ? error.code : String(error))
  } finally {
    open -= 1
  }
}

function makeTelemetry(id: string): void {
  trace.getTracer('faults').startActiveSpan('endure', (span) => {
    logs.getLogger('faults').emit({ severityNumber: SeverityNumber.INFO, body: id })
    span.end()
  })
}

function write(mark: string, id: string, rest = ''): void {
  writeSync(ledger, `${mark} ${id} ${rest.replaceAll('\n', ' ')}`.trimEnd() + '\n')
}

function end(how: NonNullable<ProducerOrder['end']>['how']): void {
  isEnding = how === 'drain'
  if (how === 'exit') process.exit(0)
  if (how === 'reject') void Promise.reject(new Error('a rejection that nobody handles'))
  // Not inside the promise's own try.
  if (how === 'throw') {
    setImmediate(() => {
      throw new Error('an error that nobody catches')
    })
  }
}
