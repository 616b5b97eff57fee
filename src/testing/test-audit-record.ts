import type { MadeRecord } from '../audit/made-record.ts'
import { toColumns } from '../verification/columns.ts'
import { readAnnex, readEvidence } from '../verification/evidence.ts'
import { toJsonbText } from '../verification/jsonb-text.ts'
import type { TestAuditRecord } from './test-telemetry.ts'

/**
 * Reads a record as the Collector and `telltale audit verify` do: from its evidence alone.
 *
 * @throws {EvidenceError} for bytes that are no evidence
 */
export function toTestAuditRecord(
  record: Pick<MadeRecord, 'recordId' | 'evidence' | 'annex'>,
): TestAuditRecord {
  const { texts, sequenceNumber } = toColumns(readEvidence(Buffer.from(record.evidence)))
  const { annex } = record
  return {
    recordId: record.recordId,
    event: texts.event_name ?? '',
    actor: { id: texts.actor_id ?? '', type: texts.actor_type ?? '' },
    action: texts.action ?? '',
    outcome: texts.outcome ?? '',
    target: { type: texts.target_type ?? undefined, id: texts.target_id ?? undefined },
    source: { type: texts.source_type ?? undefined, id: texts.source_id ?? undefined },
    tenantId: texts.tenant_id ?? undefined,
    requestId: texts.request_id ?? undefined,
    userAgent: texts.user_agent ?? undefined,
    details: parse(texts.details ?? '{}'),
    erasable: annex ? parse(toJsonbText(readAnnex(Buffer.from(annex.bytes)))) : {},
    traceId: texts.trace_id ?? undefined,
    sequence: Number(sequenceNumber),
  }
}

function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
}
