import { ROOT_CONTEXT, context, isSpanContextValid, trace, type Context } from '@opentelemetry/api'
import { AuditError, toReason } from '../core/errors.ts'
import { createUuidV7 } from '../core/ids.ts'
import type { Redaction } from '../core/redaction.ts'
import { isThenable } from '../core/thenable.ts'
import { requestIdOf } from '../propagation/propagation.ts'
import { tenantOf } from '../tenancy/tenancy.ts'
import { auditContextOf } from './audit-context.ts'
import { problemsOf, sourceTypeOf, type AuditFields } from './audit-fields.ts'
import { compileEvidence, type RecordFacts } from './compiled-evidence.ts'
import type { AuditEvent, DeclaredEvent } from './define-audit-event.ts'
import {
  checkDetails,
  createDetailsMaker,
  type CheckedDetails,
  type DetailsMaker,
} from './details.ts'
import { toFlags } from './evidence-text.ts'
import type { DraftRecord, MakeRecord, StreamPlace } from './made-record.ts'
import { knownAttributes, resourceText, type Origin } from './origin.ts'

/** A record that lacks nothing but its place. */
export interface PreparedRecord {
  readonly recordId: string
  readonly make: MakeRecord
  /** What the schema put out, not redacted. */
  readonly details: object | undefined
  readonly facts: RecordFacts
}

/** What is made of an event once. */
interface CompiledEvent {
  readonly name: string
  readonly evidence: ReturnType<typeof compileEvidence>
  readonly erasable: ReadonlySet<string> | undefined
}

const compiledEvents = new WeakMap<DeclaredEvent, CompiledEvent>()
const makers = new WeakMap<Redaction, DetailsMaker>()

/**
 * A record of the trail about itself, with no context but the service.
 *
 * @param event - `details` are plain values; numbers are whole
 */
export function prepareOwnRecord(
  event: { readonly eventName: string; readonly action: string; readonly details: object },
  origin: Origin,
): MakeRecord {
  const { 'service.name': service } = knownAttributes(origin.resource) as Record<string, unknown>
  const actor = { id: typeof service === 'string' ? service : 'unknown', type: 'system' } as const
  const declared = { name: event.eventName, action: event.action }
  const facts = settle(declared, { actor }, ROOT_CONTEXT, Date.now())
  return toMake(declared, facts, event.details, origin)
}

/**
 * Checks one event, and prepares its record: as far as it can be made without its place, it is.
 *
 * The context and the time are those of the call, however long the schema takes.
 *
 * @throws {AuditError} `TELLTALE_AUDIT_EVENT_INVALID`, with every problem listed
 */
export function prepareRecord<Details>(
  event: AuditEvent<Details>,
  given: AuditFields<Details> | undefined,
  origin: Origin,
): PreparedRecord | Promise<PreparedRecord> {
  const active = context.active()
  const now = Date.now()
  const fields = withDefaults(given, active)
  const checked = checkDetails(event.details, fields.details)
  return isThenable(checked)
    ? checked.then((details) => finish(event, fields, details, active, now, origin))
    : finish(event, fields, checked, active, now, origin)
}

/** Explicit fields win; an explicit `undefined` counts as left out. */
function withDefaults<Details>(
  given: AuditFields<Details> | undefined,
  active: Context,
): AuditFields<Details> {
  const inherited = auditContextOf(active)
  const actor =
    given?.actor ?? (typeof inherited.actor === 'function' ? inherited.actor() : inherited.actor)
  const source = given?.source ?? inherited.source
  const target = given?.target
  // Member by member: a spread costs several times as much. And each is read once: what a getter answers has to be what was
  // checked, because some of it goes into the evidence as it is.
  return {
    outcome: given?.outcome,
    target: target && { id: target.id, type: target.type },
    id: given?.id,
    occurredAt: given?.occurredAt,
    details: given?.details,
    durability: given?.durability,
    actor: actor && { id: actor.id, type: actor.type },
    source: source && { id: source.id, type: source.type },
    tenantId: given?.tenantId ?? tenantOf(active),
    requestId: given?.requestId ?? requestIdOf(active),
    userAgent: given?.userAgent ?? inherited.userAgent,
  }
}

function finish<Details>(
  event: AuditEvent<Details>,
  fields: AuditFields<Details>,
  checked: CheckedDetails,
  active: Context,
  now: number,
  origin: Origin,
): PreparedRecord {
  const problems = problemsOf(fields)
  if (checked.problems) problems.push(...checked.problems)
  if (problems.length > 0) throw invalid(event.name, problems)
  const facts = settle(event, fields, active, now)
  const details = checked.problems ? undefined : checked.value
  return { recordId: facts.recordId, facts, details, make: toMake(event, facts, details, origin) }
}

function settle(
  event: DeclaredEvent,
  fields: AuditFields<unknown>,
  active: Context,
  now: number,
): RecordFacts {
  const { actor, target, source, occurredAt } = fields
  const span = trace.getSpanContext(active)
  const spanIsValid = span !== undefined && isSpanContextValid(span)
  return {
    recordId: fields.id?.toLowerCase() ?? createUuidV7(now),
    // Checked: a record without an actor was refused.
    actorId: actor!.id,
    actorType: actor!.type,
    outcome: fields.outcome ?? 'success',
    targetType: target?.type ?? event.targetType,
    targetId: target?.id,
    sourceId: source?.id,
    sourceType: source && (source.type ?? sourceTypeOf(source.id)),
    requestId: fields.requestId,
    tenantId: fields.tenantId,
    userAgent: fields.userAgent,
    occurredAtMillis: occurredAt?.getTime() ?? now,
    traceId: spanIsValid ? span.traceId.toLowerCase() : undefined,
    spanId: spanIsValid ? span.spanId.toLowerCase() : undefined,
    traceFlags: spanIsValid ? toFlags(span.traceFlags) : 0,
  }
}

function toMake(
  event: DeclaredEvent,
  facts: RecordFacts,
  value: object | undefined,
  { redaction, resource }: Origin,
): MakeRecord {
  const { name, evidence, erasable } = compiledOf(event)
  const details = makeDetails(event.name, value, erasable, redaction)
  const finishEvidence = evidence(facts, details, resourceText(resource), redaction)
  return (place: StreamPlace): DraftRecord => ({
    recordId: facts.recordId,
    eventName: name,
    timeUnixNano: toNanos(facts.occurredAtMillis),
    evidence: finishEvidence(place),
    ...(details.annex && { annex: details.annex }),
  })
}

/** The time before, which in a burst is that of many records. */
let lastMillis = 0
let lastNanos = 0n

function toNanos(millis: number): bigint {
  if (millis !== lastMillis) {
    lastNanos = BigInt(millis) * 1_000_000n
    lastMillis = millis
  }
  return lastNanos
}

function makeDetails(
  name: string,
  value: object | undefined,
  erasable: ReadonlySet<string> | undefined,
  redaction: Redaction,
): ReturnType<DetailsMaker['make']> {
  let maker = makers.get(redaction)
  if (!maker) {
    maker = createDetailsMaker(redaction)
    makers.set(redaction, maker)
  }
  try {
    return maker.make(value, erasable)
  } catch (error) {
    // Also what a getter of the application throws.
    throw invalid(name, [toReason(error)], error)
  }
}

function compiledOf(event: DeclaredEvent): CompiledEvent {
  let compiled = compiledEvents.get(event)
  if (!compiled) {
    const { erasable = [] } = event
    compiled = {
      name: event.name.toWellFormed(),
      evidence: compileEvidence(event),
      erasable: erasable.length > 0 ? new Set(erasable) : undefined,
    }
    compiledEvents.set(event, compiled)
  }
  return compiled
}

function invalid(name: string, problems: readonly string[], cause?: unknown): AuditError {
  return new AuditError(
    'TELLTALE_AUDIT_EVENT_INVALID',
    `the audit event "${name}" was not recorded: ${problems.join('; ')}`,
    { cause },
  )
}
