/**
 * A log record in OTLP's JSON form, with its resource and scope: what the evidence is made of.
 *
 * Integers of 64 bits are decimal text, bytes base64, ids hexadecimal; a double that JSON cannot say is the text `NaN`,
 * `Infinity`, `-Infinity` or `-0`. Beside OTLP's own members stand those that end in `Bytes`: base64 of a text that is not UTF-8,
 * which only a Collector can meet.
 */
export interface OtlpInput {
  readonly resource: { readonly attributes: readonly KeyValue[] }
  readonly scope: {
    readonly name?: string
    readonly nameBytes?: string
    readonly version?: string
    readonly versionBytes?: string
    readonly attributes?: readonly KeyValue[]
  }
  readonly record: {
    readonly timeUnixNano?: string
    readonly observedTimeUnixNano?: string
    readonly severityNumber?: number
    readonly severityText?: string
    readonly severityTextBytes?: string
    readonly body?: AnyValue
    readonly attributes: readonly KeyValue[]
    readonly droppedAttributesCount?: number
    readonly flags?: number
    readonly traceId?: string
    readonly spanId?: string
    readonly eventName?: string
    readonly eventNameBytes?: string
  }
}

/** An attribute, or a member of a map. */
export interface KeyValue {
  readonly key?: string
  readonly keyBytes?: string
  readonly value: AnyValue
}

/** A value with exactly one member, or none when it is empty. */
export interface AnyValue {
  readonly stringValue?: string
  readonly stringBytes?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number | string
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values: readonly AnyValue[] }
  readonly kvlistValue?: { readonly values: readonly KeyValue[] }
}
