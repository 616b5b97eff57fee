import type { AnyValue, KeyValue, OtlpInput } from './otlp-input.ts'
import { MAX_DEPTH, referenceEvidence, sha256 } from './reference-evidence.ts'
import { invalidEvidence } from './invalid-evidence.ts'

/** A record and the evidence that it must give. */
export interface EvidenceVector {
  readonly name: string
  /** Whether only a Collector can meet it: it has texts that are not UTF-8. */
  readonly collectorOnly?: true
  readonly input: OtlpInput
  readonly evidence: string
  readonly sha256: string
}

/** A record that cannot become evidence, and why. */
export interface RefusedVector {
  readonly name: string
  readonly input: OtlpInput
  readonly reason: string
}

/** Bytes that are no evidence, and why. */
export interface InvalidVector {
  readonly name: string
  /** The bytes in base64. */
  readonly evidence: string
  readonly reason: string
}

/** What test/fixtures/audit/evidence-vectors.json holds; SDK, Collector and `verify` are all held against it. */
export interface EvidenceVectors {
  readonly about: string
  readonly valid: readonly EvidenceVector[]
  readonly refused: readonly RefusedVector[]
  readonly invalid: readonly InvalidVector[]
}

export function evidenceVectors(): EvidenceVectors {
  return {
    about:
      'Made by `node test/support/audit/write-vectors.ts`: change it there. "input" is in the JSON form of OTLP; what ends in "Bytes" is base64 of a text that is not UTF-8, and a doubleValue that JSON cannot say is a text. "invalid" has its evidence in base64.',
    valid: [...values(), ...records(), ...notUtf8(), ...random(60)].map(([name, input]) => {
      const evidence = referenceEvidence(input)
      const collectorOnly = /"\w+Bytes":/.test(JSON.stringify(input)) && { collectorOnly: true }
      return { name, ...collectorOnly, input, evidence, sha256: sha256(evidence) } as EvidenceVector
    }),
    refused: [
      {
        name: `a text in lists nested ${MAX_DEPTH} deep`,
        input: withValue(nested(MAX_DEPTH, { stringValue: 'x' }, toListOf)),
        reason: 'depth 129',
      },
      {
        name: `an empty map in maps nested ${MAX_DEPTH} deep`,
        input: withValue(nested(MAX_DEPTH, { kvlistValue: { values: [] } }, toMapOf)),
        reason: 'depth 129',
      },
      {
        name: `a body nested ${MAX_DEPTH + 1} deep`,
        input: record({ body: nested(MAX_DEPTH, { intValue: '1' }, toMapOf) }),
        reason: 'depth 129',
      },
      {
        name: 'a resource attribute nested too deep',
        input: {
          ...record({}),
          resource: {
            attributes: [{ key: 'k', value: nested(MAX_DEPTH, { boolValue: true }, toListOf) }],
          },
        },
        reason: 'depth 129',
      },
    ],
    invalid: invalidEvidence(),
  }
}

type Named = readonly [name: string, input: OtlpInput]

/** The values that an attribute can have. */
function values(): Named[] {
  const all: Record<string, AnyValue> = {
    'a text': { stringValue: 'hello' },
    'an empty text': { stringValue: '' },
    'an empty value': {},
    true: { boolValue: true },
    false: { boolValue: false },
    'the number 123': { intValue: '123' },
    'the text 123': { stringValue: '123' },
    'the double 123': { doubleValue: 123 },
    'the text true': { stringValue: 'true' },
    'the text null': { stringValue: 'null' },
    'the text of a value': { stringValue: '{"intValue":"123"}' },
    'the integer 0': { intValue: '0' },
    'the integer -1': { intValue: '-1' },
    '2^53': { intValue: '9007199254740992' },
    '2^53 + 1': { intValue: '9007199254740993' },
    '-2^53 - 1': { intValue: '-9007199254740993' },
    'the largest integer': { intValue: '9223372036854775807' },
    'the smallest integer': { intValue: '-9223372036854775808' },
    'no bytes': { bytesValue: '' },
    'one byte': { bytesValue: '/w==' },
    'two bytes': { bytesValue: 'AAE=' },
    'three bytes, with + and /': { bytesValue: '+/++' },
    'all bytes': {
      bytesValue: Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('base64'),
    },
    'an empty list': { arrayValue: { values: [] } },
    'an empty map': { kvlistValue: { values: [] } },
    'a list of all kinds': {
      arrayValue: {
        values: [
          { stringValue: '1' },
          { intValue: '1' },
          { doubleValue: 1 },
          { boolValue: true },
          { bytesValue: 'AQ==' },
          {},
          { arrayValue: { values: [{ arrayValue: { values: [] } }] } },
          { kvlistValue: { values: [{ key: '1', value: { intValue: '1' } }] } },
        ],
      },
    },
    'a map whose keys are not in order': map(['b', 'a', 'C', '', '10', '9', '_', 'aa', 'á', 'A']),
    'a map with keys that JavaScript knows': map([
      'toString',
      '__proto__',
      'constructor',
      'hasOwnProperty',
      'toJSON',
    ]),
    'a map with a key that came three times': {
      kvlistValue: {
        values: [
          { key: 'k', value: { intValue: '3' } },
          { key: 'a', value: {} },
          { key: 'k', value: { intValue: '1' } },
          { key: 'k', value: { intValue: '2' } },
        ],
      },
    },
    'maps in lists in maps': nested(9, { stringValue: 'in' }, (value, depth) =>
      depth % 2 === 0 ? toListOf(value) : toMapOf(value),
    ),
    [`a text in lists nested ${MAX_DEPTH - 1} deep`]: nested(
      MAX_DEPTH - 1,
      { stringValue: 'x' },
      toListOf,
    ),
    [`an empty list in maps nested ${MAX_DEPTH - 1} deep`]: nested(
      MAX_DEPTH - 1,
      { arrayValue: { values: [] } },
      toMapOf,
    ),
  }
  return [
    ...Object.entries(all).map(([name, value]): Named => [`value: ${name}`, withValue(value)]),
    ...doubles(),
    ...texts(),
  ]
}

function doubles(): Named[] {
  const unsayable = ['NaN', 'Infinity', '-Infinity', '-0']
  // As texts: a literal with more digits than a double has would not be the number it looks like.
  const all = `
    0 1 -1 0.1 0.30000000000000004 0.3333333333333333 -1.5 100 123456789012345680 1e15 1e16
    1e20 999999999999999900000 1e21 -1e21 1.5e21 1e22 1e23 1e100 123e-20
    0.001 0.00001 0.000001 0.0000015 1e-7 -1e-7 1.5e-7 1e-8 1e-9 1e-10 1e-100
    5e-324 -5e-324 1e-323 2.2250738585072014e-308 2.225073858507201e-308
    1.7976931348623157e308 -1.7976931348623157e308 9007199254740991 9007199254740992
    9007199254740994 4.35 4.349999999999999 4.3500000000000005 333333333.3333333
    333333333.33333325 333333333.3333332 295147905179352830000 1424953923781206.2
    9.999999999999997e22 1.0000000000000001e23 9.999999999999997e-7
  `
    .trim()
    .split(/\s+/)
    .map(Number)
  return [
    ...[...unsayable, ...all].map((value): Named => [
      `double: ${value}`,
      withValue({ doubleValue: value }),
    ]),
    [
      'doubles of 200 random bit patterns',
      withValue({ arrayValue: { values: randomDoubles(200).map(toDouble) } }),
    ],
  ]
}

function texts(): Named[] {
  const all: Record<string, string> = {
    'every control character': String.fromCharCode(...Array.from({ length: 32 }, (_, at) => at)),
    NUL: 'a\u0000b',
    'the escapes with a letter': '\b\t\n\f\r"\\/',
    DEL: '\u007F',
    'controls beyond ASCII': '\u0080\u0085\u009F',
    'the line separators of Unicode': '\u2028\u2029',
    'a byte order mark': '\uFEFFx\uFFFE',
    'what HTML would escape': '<script>&amp;</script>',
    'accents, composed and not': 'é e\u0301',
    'two, three and four bytes': '\u07FF\u0800\uFFFF\u{10000}\u{10FFFF}',
    'emoji with a joiner': '👩‍🚀',
    'noncharacters and private use': '\uFDD0\uE000\u{1FFFE}',
    'the replacement character': '\uFFFD',
    'something that looks like an escape': '\\u0000 \\n',
    '3 000 characters': 'Lorem ipsum "dolor" — '.repeat(136) + 'sit amet',
  }
  return Object.entries(all).flatMap(([name, text]): Named[] => [
    [`text: ${name}`, withValue({ stringValue: text })],
    [`key: ${name}`, record({ attributes: [{ key: text, value: { stringValue: 'v' } }] })],
  ])
}

/** What stands beside the attributes. */
function records(): Named[] {
  const full = fullRecord()
  return [
    ['record: nothing', { resource: { attributes: [] }, scope: {}, record: { attributes: [] } }],
    ['record: everything', full],
    ['record: an audit record as audit.record() makes it', auditRecord()],
    [
      'record: attributes in any order',
      record({ attributes: full.record.attributes.toReversed() }),
    ],
    [
      'record: keys ordered by UTF-16 code units, which is not the order of code points',
      record({
        attributes: ['\uFB33', '\u{1F600}', '\u20AC', '\r', '1', '\u0080', 'ö', '\uFFFF', 'z'].map(
          (key) => ({ key, value: { boolValue: true } }),
        ),
      }),
    ],
    [
      'record: an attribute that came twice',
      record({
        attributes: [
          { key: 'k', value: { stringValue: 'second letter first' } },
          { key: 'a', value: { stringValue: 'a' } },
          { key: 'k', value: { stringValue: 'again' } },
        ],
      }),
    ],
    ['record: an empty key', record({ attributes: [{ key: '', value: { stringValue: 'v' } }] })],
    ['record: the time', record({ timeUnixNano: '1700000000123456789' })],
    ['record: the largest time', record({ timeUnixNano: '18446744073709551615' })],
    ['record: the earliest time', record({ timeUnixNano: '1' })],
    [
      'record: the observed time stands in when there is no other',
      record({ observedTimeUnixNano: '1700000000123456789' }),
    ],
    [
      'record: the observed time stands in when the time is 0',
      record({ timeUnixNano: '0', observedTimeUnixNano: '1700000000123456789' }),
    ],
    [
      'record: the observed time is left out beside the time',
      record({ timeUnixNano: '5', observedTimeUnixNano: '6' }),
    ],
    ['record: both times are 0', record({ timeUnixNano: '0', observedTimeUnixNano: '0' })],
    ['record: severity number only', record({ severityNumber: 9 })],
    ['record: severity text only', record({ severityText: 'INFO' })],
    ['record: severity 0 and no text', record({ severityNumber: 0, severityText: '' })],
    ['record: an unknown severity', record({ severityNumber: 2_147_483_647 })],
    ['record: a negative severity', record({ severityNumber: -1 })],
    ['record: all flags', record({ flags: 4_294_967_295 })],
    ['record: sampled', record({ flags: 1 })],
    ['record: flags 0', record({ flags: 0 })],
    ['record: dropped attributes', record({ droppedAttributesCount: 4_294_967_295 })],
    ['record: no dropped attributes', record({ droppedAttributesCount: 0 })],
    ['record: trace without span', record({ traceId: '0af7651916cd43dd8448eb211c80319c' })],
    ['record: span without trace', record({ spanId: 'b7ad6b7169203331' })],
    ['record: ids of zeros', record({ traceId: '0'.repeat(32), spanId: '0'.repeat(16) })],
    ['record: ids in capitals', record({ traceId: 'AB'.repeat(16), spanId: 'CD'.repeat(8) })],
    ['record: an event name that has to be escaped', record({ eventName: 'a"\n\u2028' })],
    ['body: empty', record({ body: {} })],
    ['body: an empty text', record({ body: { stringValue: '' } })],
    ['body: a text', record({ body: { stringValue: 'reward claimed' } })],
    ['body: false', record({ body: { boolValue: false } })],
    ['body: 0', record({ body: { intValue: '0' } })],
    ['body: the double 0', record({ body: { doubleValue: 0 } })],
    ['body: no bytes', record({ body: { bytesValue: '' } })],
    ['body: an empty list', record({ body: { arrayValue: { values: [] } } })],
    ['body: a map', record({ body: map(['z', 'a']) })],
    ['scope: a name', { ...record({}), scope: { name: 'rewards' } }],
    ['scope: a version', { ...record({}), scope: { version: '1.0.0' } }],
    ['scope: empty', { ...record({}), scope: { name: '', version: '', attributes: [] } }],
    ['scope: attributes', { ...record({}), scope: { attributes: attributesOf(['b', 'a']) } }],
    ['resource: attributes', { ...record({}), resource: { attributes: attributesOf(['b', 'a']) } }],
    [
      'resource: a list and an empty value',
      {
        ...record({}),
        resource: {
          attributes: [
            { key: 'process.command_args', value: map(['x']) },
            { key: 'host.ip', value: { arrayValue: { values: [{ stringValue: '::1' }, {}] } } },
            { key: 'empty', value: {} },
          ],
        },
      },
    ],
  ]
}

const base64 = (given: readonly number[]): string => Buffer.from(given).toString('base64')

/** What only a Collector can meet: texts that are not UTF-8. */
function notUtf8(): Named[] {
  const bytes: Record<string, number[]> = {
    'a lone byte': [0xff],
    'a text cut short': [0x61, 0xe2, 0x82],
    'an overlong form': [0xc0, 0xaf],
    'a surrogate': [0xed, 0xa0, 0x80],
    'beyond the last code point': [0xf4, 0x90, 0x80, 0x80],
    'Latin-1': [0x63, 0x61, 0x66, 0xe9],
  }
  const lone = base64([0xff])
  return [
    ...Object.entries(bytes).map(([name, given]): Named => [
      `not UTF-8: ${name}`,
      withValue({ stringBytes: base64(given) }),
    ]),
    ['not UTF-8: bytes that are', withValue({ stringBytes: base64([0xc3, 0xa9]) })],
    ['not UTF-8: a byte order mark is', withValue({ stringBytes: base64([0xef, 0xbb, 0xbf]) })],
    [
      'not UTF-8: in a list and in a map',
      withValue({
        arrayValue: {
          values: [
            { stringBytes: lone },
            { kvlistValue: { values: [{ key: 'k', value: { stringBytes: lone } }] } },
          ],
        },
      }),
    ],
    ['not UTF-8: the body', record({ body: { stringBytes: lone } })],
    ['not UTF-8: the event name', record({ eventNameBytes: lone })],
    ['not UTF-8: the severity text', record({ severityTextBytes: lone })],
    ['not UTF-8: scope', { ...record({}), scope: { nameBytes: lone, versionBytes: lone } }],
    [
      'not UTF-8: keys are sorted by their bytes as if each were a code unit',
      record({
        attributes: [
          { key: 'ÿ', value: { intValue: '1' } },
          { keyBytes: lone, value: { intValue: '2' } },
          { key: '\u0100', value: { intValue: '3' } },
          { keyBytes: base64([0xfe, 0x61]), value: { intValue: '4' } },
          { key: 'þ', value: { intValue: '5' } },
          { keyBytes: base64([0x61, 0xff]), value: { intValue: '6' } },
          { keyBytes: lone, value: { intValue: '7' } },
          { key: 'ÿ', value: { intValue: '8' } },
          { key: 'z', value: { intValue: '9' } },
        ],
      }),
    ],
    [
      'not UTF-8: a resource key',
      {
        ...record({}),
        resource: { attributes: [{ keyBytes: lone, value: { stringBytes: lone } }] },
      },
    ],
  ]
}

/** Records of every shape, the same ones in each run. */
function random(count: number): Named[] {
  const next = createRandom(20_261_121)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!
  const keys = ['a', 'b', 'Z', '', 'ä', '\u{1F680}', '\uFB33', 'a.b', 'tenant_id', 'x"y', '\n']
  const toText = (): string =>
    Array.from({ length: Math.floor(next() * 12) }, () =>
      pick(['a', 'B', '7', ' ', '"', '\\', '\u0000', '\u001F', 'é', '\u2028', '€', '\u{1F680}']),
    ).join('')
  const toValue = (depth: number): AnyValue => {
    const kind = Math.floor(next() * (depth > 3 ? 6 : 8))
    switch (kind) {
      case 0:
        return {}
      case 1:
        return { stringValue: toText() }
      case 2:
        return { boolValue: next() < 0.5 }
      case 3:
        return { intValue: String(BigInt.asIntN(64, BigInt(Math.floor(next() * 2 ** 53)) << 12n)) }
      case 4:
        return toDouble((next() - 0.5) * 10 ** Math.floor(next() * 60 - 30))
      case 5:
        return { bytesValue: Buffer.from(toText()).toString('base64') }
      case 6:
        return { arrayValue: { values: toMany(() => toValue(depth + 1)) } }
      default:
        return { kvlistValue: { values: toAttributes(depth + 1) } }
    }
  }
  const toMany = <T>(make: () => T): T[] => Array.from({ length: Math.floor(next() * 5) }, make)
  const toAttributes = (depth: number): KeyValue[] =>
    toMany(() => ({ key: pick(keys), value: toValue(depth) }))
  return Array.from({ length: count }, (_, index) => [
    `random: ${index + 1}`,
    {
      resource: { attributes: toAttributes(2) },
      scope: next() < 0.5 ? {} : { name: toText(), version: toText(), attributes: toAttributes(2) },
      record: {
        attributes: toAttributes(1),
        ...(next() < 0.5 && { body: toValue(1) }),
        ...(next() < 0.8 && { timeUnixNano: String(Math.floor(next() * 2 ** 53)) }),
        ...(next() < 0.8 && { observedTimeUnixNano: String(Math.floor(next() * 2 ** 53)) }),
        ...(next() < 0.8 && { eventName: toText() }),
        ...(next() < 0.3 && { severityNumber: Math.floor(next() * 25), severityText: toText() }),
        ...(next() < 0.3 && { flags: Math.floor(next() * 2 ** 32) }),
        ...(next() < 0.3 && { droppedAttributesCount: Math.floor(next() * 2 ** 32) }),
      },
    },
  ])
}

function record(members: Partial<OtlpInput['record']>): OtlpInput {
  return {
    resource: { attributes: [{ key: 'service.name', value: { stringValue: 'rewards-api' } }] },
    scope: {},
    record: { attributes: [], ...members },
  }
}

function withValue(value: AnyValue): OtlpInput {
  return record({ attributes: [{ key: 'k', value }] })
}

function fullRecord(): OtlpInput {
  return {
    resource: { attributes: attributesOf(['service.name', 'service.version', 'host.name']) },
    scope: { name: 'rewards', version: '2.1.0', attributes: attributesOf(['z', 'y']) },
    record: {
      timeUnixNano: '1763735405123456789',
      observedTimeUnixNano: '1763735405123999999',
      severityNumber: 9,
      severityText: 'INFO',
      body: { stringValue: 'claimed' },
      attributes: attributesOf(['audit.action', 'audit.actor.id', 'Tenant', 'tenant_id']),
      droppedAttributesCount: 2,
      flags: 1,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      eventName: 'reward_claimed',
    },
  }
}

function auditRecord(): OtlpInput {
  const attributes: Record<string, AnyValue> = {
    'audit.record.id': { stringValue: '019a9d3c-7f00-7a6b-8c11-2b6f5d3e9a01' },
    'audit.actor.id': { stringValue: 'user_12345' },
    'audit.actor.type': { stringValue: 'user' },
    'audit.action': { stringValue: 'CLAIM' },
    'audit.outcome': { stringValue: 'success' },
    'audit.target.type': { stringValue: 'quiz_submission' },
    'audit.target.id': { stringValue: 'sub_67890' },
    'audit.source.id': { stringValue: '203.0.113.42' },
    'audit.source.type': { stringValue: 'ipv4' },
    'audit.schema.version': { stringValue: '1' },
    'audit.request.id': { stringValue: 'req-1' },
    'audit.stream.id': { stringValue: '019a9d3c-0000-7000-8000-000000000001' },
    'audit.sequence.number': { intValue: '42' },
    'audit.sequence.prev_hash': { stringValue: sha256('') },
    'audit.annex.hash': { stringValue: sha256('annex') },
    tenant_id: { stringValue: 'acme' },
    'user_agent.original': { stringValue: 'Mozilla/5.0 (X11; Linux x86_64) "quoted"' },
    'audit.details': {
      kvlistValue: {
        values: [
          { key: 'amount', value: { stringValue: '10.0000000' } },
          { key: 'currency', value: { stringValue: 'XLM' } },
          { key: 'attempt', value: { intValue: '1' } },
          { key: 'score', value: { doubleValue: 0.85 } },
          { key: 'passed', value: { boolValue: true } },
          { key: 'rules', value: { arrayValue: { values: [{ stringValue: 'once-a-day' }] } } },
        ],
      },
    },
  }
  return {
    ...record({
      timeUnixNano: '1763735405123000000',
      observedTimeUnixNano: '1763735405123000000',
      eventName: 'reward_claimed',
      flags: 1,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      attributes: Object.entries(attributes).map(([key, value]) => ({ key, value })),
    }),
  }
}

function attributesOf(keys: readonly string[]): KeyValue[] {
  return keys.map((key, index) => ({ key, value: { stringValue: `value ${index}` } }))
}

function map(keys: readonly string[]): AnyValue {
  return { kvlistValue: { values: attributesOf(keys) } }
}

/** `value` in so many wrappings: with 127 of them it has depth 128. */
function nested(
  wrappings: number,
  value: AnyValue,
  wrap: (value: AnyValue, depth: number) => AnyValue,
): AnyValue {
  let result = value
  for (let depth = 0; depth < wrappings; depth += 1) result = wrap(result, depth)
  return result
}

function toListOf(value: AnyValue): AnyValue {
  return { arrayValue: { values: [value] } }
}

function toMapOf(value: AnyValue): AnyValue {
  return { kvlistValue: { values: [{ key: 'in', value }] } }
}

/** A double as the vectors write it: what JSON cannot say is a text. */
function toDouble(value: number): AnyValue {
  const sayable = Number.isFinite(value) && !Object.is(value, -0)
  return { doubleValue: sayable ? value : Object.is(value, -0) ? '-0' : String(value) }
}

function randomDoubles(count: number): number[] {
  const next = createRandom(8_785)
  const view = new DataView(new ArrayBuffer(8))
  return Array.from({ length: count }, () => {
    view.setUint32(0, Math.floor(next() * 2 ** 32))
    view.setUint32(4, Math.floor(next() * 2 ** 32))
    return view.getFloat64(0)
  })
}

/** Mulberry32: the same numbers from 0 to 1 for the same seed. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
