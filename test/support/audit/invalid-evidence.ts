import type { InvalidVector } from './evidence-vectors.ts'

const RESOURCE = '{"attributes":[]}'
const START = '{"attributes":[],"format":"telltale/1","resource":{"attributes":[]}}'

/** Bytes that are close to evidence and are none. */
export function invalidEvidence(): InvalidVector[] {
  const texts: readonly (readonly [name: string, text: string, reason: string])[] = [
    ['nothing at all', '', 'not JSON'],
    ['no object', '[]', 'not an object'],
    ['a text', '"telltale/1"', 'not an object'],
    ['null', 'null', 'not an object'],
    ['cut short', START.slice(0, -1), 'not JSON'],
    ['a byte order mark', `\uFEFF${START}`, 'not JSON'],
    ['trailing space', `${START} `, 'white space'],
    ['a trailing newline', `${START}\n`, 'white space'],
    ['a second value behind it', `${START}${START}`, 'trailing bytes'],
    ['a NUL behind it', `${START}\u0000`, 'trailing bytes'],
    ['leading space', ` ${START}`, 'white space'],
    ['space after a comma', START.replace(',', ', '), 'white space'],
    ['space after a colon', START.replace(':', ': '), 'white space'],
    ['no format', `{"attributes":[],"resource":${RESOURCE}}`, 'the format is missing'],
    ['another format', START.replace('telltale/1', 'telltale/2'), 'the format is another'],
    ['no attributes', `{"format":"telltale/1","resource":${RESOURCE}}`, 'attributes are missing'],
    ['no resource', '{"attributes":[],"format":"telltale/1"}', 'the resource is missing'],
    ['a resource without attributes', START.replace(RESOURCE, '{}'), 'attributes are missing'],
    ['attributes that are null', START.replace('[]', 'null'), 'attributes are no list'],
    ['attributes that are an object', START.replace('[]', '{}'), 'attributes are no list'],
    [
      'members in another order',
      `{"format":"telltale/1","attributes":[],"resource":${RESOURCE}}`,
      'order of members',
    ],
    ['a member twice', START.replace('{', '{"attributes":[],'), 'a member came twice'],
    [
      'a member twice, the second in its place',
      START.replace('"format"', '"eventName":"a","eventName":"b","format"'),
      'a member came twice',
    ],
    ['an unknown member', START.replace('"format"', '"event":"x","format"'), 'unknown member'],
    [
      'an unknown member of the resource',
      START.replace(RESOURCE, '{"attributes":[],"schemaUrl":"x"}'),
      'unknown member',
    ],
    ['an escaped member name', START.replace('format', 'f\\u006frmat'), 'escape'],
    ['an empty event name', member('"eventName":""'), 'empty'],
    ['an event name that is a number', member('"eventName":1'), 'not a text'],
    ['an event name twice over', member('"eventName":"a","eventNameBytes":"/w=="'), 'two names'],
    ['flags 0', member('"flags":0'), 'zero'],
    ['flags as a text', member('"flags":"1"'), 'not a number'],
    ['flags beyond 32 bits', member('"flags":4294967296'), 'out of range'],
    ['negative flags', member('"flags":-1'), 'out of range'],
    ['flags with a fraction', member('"flags":1.5'), 'not whole'],
    ['dropped attributes 0', member('"droppedAttributesCount":0'), 'zero'],
    ['dropped attributes as a text', member('"droppedAttributesCount":"1"'), 'not a number'],
    ['an empty body', member('"body":{}'), 'empty'],
    ['a body that is a text', member('"body":"x"'), 'not a value'],
    ['a body that is null', member('"body":null'), 'not a value'],
    ['an empty scope', member('', ',"scope":{}'), 'empty'],
    ['a scope without a name', member('', ',"scope":{"name":""}'), 'empty'],
    ['a scope without attributes', member('', ',"scope":{"attributes":[],"name":"x"}'), 'empty'],
    ['an unknown member of the scope', member('', ',"scope":{"name":"x","url":"y"}'), 'unknown'],
    ['severity 0', member('', ',"severityNumber":0'), 'zero'],
    ['a severity with a fraction', member('', ',"severityNumber":9.5'), 'not whole'],
    ['no severity text', member('', ',"severityText":""'), 'empty'],
    ['a time of 0', member('', ',"timeUnixNano":"0"'), 'zero'],
    ['a time with a leading 0', member('', ',"timeUnixNano":"01"'), 'another form'],
    ['a time that is a number', member('', ',"timeUnixNano":1'), 'not a text'],
    ['a negative time', member('', ',"timeUnixNano":"-1"'), 'out of range'],
    ['a time beyond 64 bits', member('', ',"timeUnixNano":"18446744073709551616"'), 'out of range'],
    ['no time', member('', ',"timeUnixNano":""'), 'not a number'],
    [
      'an observed time beside the time',
      `{"attributes":[],"format":"telltale/1","observedTimeUnixNano":"6","resource":${RESOURCE},"timeUnixNano":"5"}`,
      'the observed time stands only in place of the time',
    ],
    ['a trace id in capitals', member('', `,"traceId":"${'AB'.repeat(16)}"`), 'lower case'],
    ['a trace id of zeros', member('', `,"traceId":"${'0'.repeat(32)}"`), 'zero'],
    ['a trace id too short', member('', `,"traceId":"${'ab'.repeat(15)}"`), 'length'],
    ['an empty trace id', member('', ',"traceId":""'), 'length'],
    ['a span id of a trace id’s length', member('', `,"spanId":"${'ab'.repeat(16)}"`), 'length'],
    ['a span id that is none', member('', ',"spanId":"not-a-span-id-xx"'), 'not hexadecimal'],
    ...values(),
    ...attributes(),
  ]
  const bytes: readonly (readonly [name: string, bytes: Buffer, reason: string])[] = [
    [
      'a text that is not UTF-8',
      Buffer.concat([Buffer.from(START.slice(0, 15)), Buffer.from([0xff]), Buffer.from(START)]),
      'not UTF-8',
    ],
    [
      'an event name that is not UTF-8',
      splice(member('"eventName":"#"'), Buffer.from([0xc3])),
      'not UTF-8',
    ],
    [
      'an event name with a surrogate in three bytes',
      splice(member('"eventName":"#"'), Buffer.from([0xed, 0xa0, 0x80])),
      'not UTF-8',
    ],
    ['UTF-16', Buffer.from(START, 'utf16le'), 'not UTF-8'],
  ]
  return [
    ...texts.map(([name, text, reason]) => [name, Buffer.from(text), reason] as const),
    ...bytes,
  ].map(([name, given, reason]) => ({ name, evidence: given.toString('base64'), reason }))
}

function values(): (readonly [name: string, text: string, reason: string])[] {
  const all: readonly (readonly [name: string, value: string, reason: string])[] = [
    ['null', 'null', 'not a value'],
    ['a bare text', '"x"', 'not a value'],
    ['two members', '{"boolValue":true,"intValue":"1"}', 'two members'],
    ['the same member twice', '{"intValue":"1","intValue":"1"}', 'two members'],
    ['an unknown kind', '{"uintValue":"1"}', 'unknown kind'],
    ['a kind in another case', '{"StringValue":"x"}', 'unknown kind'],
    ['a kind by its name in protobuf', '{"string_value":"x"}', 'unknown kind'],
    ['a text that is a number', '{"stringValue":1}', 'not a text'],
    ['a text that is null', '{"stringValue":null}', 'not a text'],
    ['an integer that is a number', '{"intValue":1}', 'not a text'],
    ['an integer with a leading 0', '{"intValue":"01"}', 'another form'],
    ['an integer with a sign', '{"intValue":"+1"}', 'another form'],
    ['the integer -0', '{"intValue":"-0"}', 'another form'],
    ['an integer with a fraction', '{"intValue":"1.0"}', 'another form'],
    ['an integer with an exponent', '{"intValue":"1e3"}', 'another form'],
    ['an integer in hexadecimal', '{"intValue":"0x1"}', 'another form'],
    ['an integer with a space', '{"intValue":" 1"}', 'another form'],
    ['no integer', '{"intValue":""}', 'another form'],
    ['an integer beyond 64 bits', '{"intValue":"9223372036854775808"}', 'out of range'],
    ['an integer below 64 bits', '{"intValue":"-9223372036854775809"}', 'out of range'],
    ['a double with a needless fraction', '{"doubleValue":5.0}', 'another form'],
    ['a double with a needless exponent', '{"doubleValue":5e0}', 'another form'],
    ['a double without its exponent', '{"doubleValue":1000000000000000000000}', 'another form'],
    ['an exponent without its sign', '{"doubleValue":1e21}', 'another form'],
    ['an exponent in capitals', '{"doubleValue":1E+21}', 'another form'],
    ['an exponent with a leading 0', '{"doubleValue":1e-07}', 'another form'],
    ['more digits than needed', '{"doubleValue":0.10000000000000001}', 'another form'],
    ['fewer digits than needed', '{"doubleValue":0.1e1}', 'another form'],
    ['the double -0', '{"doubleValue":-0}', 'another form'],
    ['the double -0 as a text', '{"doubleValue":"-0"}', 'another form'],
    ['a double as a text', '{"doubleValue":"1.5"}', 'not a number'],
    ['a double beyond range', '{"doubleValue":1e400}', 'out of range'],
    ['a double too small', '{"doubleValue":1e-400}', 'another form'],
    ['NaN without quotes', '{"doubleValue":NaN}', 'not JSON'],
    ['Infinity by another name', '{"doubleValue":"+Infinity"}', 'not a number'],
    ['nan in small letters', '{"doubleValue":"nan"}', 'not a number'],
    ['a truth that is a text', '{"boolValue":"true"}', 'neither true nor false'],
    ['a truth that is a number', '{"boolValue":1}', 'neither true nor false'],
    ['base64 without padding', '{"bytesValue":"/w"}', 'another form'],
    ['base64 for URLs', '{"bytesValue":"_w=="}', 'another form'],
    ['base64 with spare bits', '{"bytesValue":"/x=="}', 'another form'],
    ['base64 with a line break', '{"bytesValue":"/w\\n=="}', 'another form'],
    ['base64 with too much padding', '{"bytesValue":"AAEC="}', 'another form'],
    ['no base64', '{"bytesValue":"*"}', 'another form'],
    ['bytes that are UTF-8', '{"stringBytes":"w6k="}', 'a text'],
    ['no bytes for a text', '{"stringBytes":""}', 'a text'],
    ['bytes of a text without padding', '{"stringBytes":"/w"}', 'another form'],
    ['a list without values', '{"arrayValue":{}}', 'values are missing'],
    ['a bare list', '{"arrayValue":[]}', 'not an object'],
    ['a list with a spare member', '{"arrayValue":{"size":0,"values":[]}}', 'unknown member'],
    ['a list of bare values', '{"arrayValue":{"values":["x"]}}', 'not a value'],
    ['a map without values', '{"kvlistValue":{}}', 'values are missing'],
    ['a bare map', '{"kvlistValue":{"k":{"intValue":"1"}}}', 'values are missing'],
    [
      'a map out of order',
      '{"kvlistValue":{"values":[{"key":"b","value":{}},{"key":"a","value":{}}]}}',
      'order of keys',
    ],
    ['an upper-case escape', '{"stringValue":"\\u001F"}', 'another escape'],
    ['a long escape for a newline', '{"stringValue":"\\u000a"}', 'another escape'],
    ['an escaped slash', '{"stringValue":"\\/"}', 'another escape'],
    ['an escaped letter', '{"stringValue":"\\u0061"}', 'another escape'],
    ['an escaped DEL', '{"stringValue":"\\u007f"}', 'another escape'],
    ['an escaped line separator', '{"stringValue":"\\u2028"}', 'another escape'],
    ['an escaped less-than sign', '{"stringValue":"\\u003c"}', 'another escape'],
    ['an escaped surrogate pair', '{"stringValue":"\\ud83d\\ude00"}', 'another escape'],
    ['an escaped lone surrogate', '{"stringValue":"\\ud83d"}', 'lone surrogate'],
    ['a bare control character', '{"stringValue":"\u0001"}', 'not JSON'],
    ['a bare newline', '{"stringValue":"\n"}', 'not JSON'],
    ['an unknown escape', '{"stringValue":"\\x41"}', 'not JSON'],
    ['single quotes', "{'stringValue':'x'}", 'not JSON'],
    ['a trailing comma', '{"stringValue":"x",}', 'not JSON'],
    ['a comment', '{"stringValue":"x"/**/}', 'not JSON'],
    ['129 lists', wrap(128, '{"stringValue":"x"}'), 'depth 129'],
    ['1 000 lists', wrap(1_000, '{}'), 'depth 129'],
  ]
  return all.map(([name, value, reason]) => [`value: ${name}`, withAttributes([value]), reason])
}

function attributes(): (readonly [name: string, text: string, reason: string])[] {
  const all: readonly (readonly [name: string, list: string, reason: string])[] = [
    ['out of order', '{"key":"b","value":{}},{"key":"a","value":{}}', 'order of keys'],
    [
      'in the order of code points',
      '{"key":"\uFB33","value":{}},{"key":"\u{1F600}","value":{}}',
      'order of keys',
    ],
    ['members in another order', '{"value":{},"key":"a"}', 'order of members'],
    ['no key', '{"value":{}}', 'the key is missing'],
    ['no value', '{"key":"a"}', 'the value is missing'],
    ['a value that is null', '{"key":"a","value":null}', 'not a value'],
    ['a key that is a number', '{"key":1,"value":{}}', 'not a text'],
    ['two keys', '{"key":"a","keyBytes":"/w==","value":{}}', 'two keys'],
    ['a key of bytes that are UTF-8', '{"keyBytes":"YQ==","value":{}}', 'a text'],
    ['a spare member', '{"key":"a","type":"x","value":{}}', 'unknown member'],
    ['a bare text', '"a"', 'not an object'],
    ['a trailing comma', '{"key":"a","value":{}},', 'not JSON'],
    [
      'bytes out of order',
      '{"keyBytes":"/w==","value":{}},{"key":"a","value":{}}',
      'order of keys',
    ],
  ]
  return all.map(([name, list, reason]) => [
    `attributes: ${name}`,
    START.replace('[]', `[${list}]`),
    reason,
  ])
}

/** Evidence with members before and after those that are always there. */
function member(beforeFormat: string, afterResource = ''): string {
  const before = beforeFormat === '' ? '' : `${beforeFormat},`
  return `{"attributes":[],${before}"format":"telltale/1","resource":${RESOURCE}${afterResource}}`
}

function withAttributes(values: readonly string[]): string {
  const list = values.map((value) => `{"key":"k","value":${value}}`).join(',')
  return START.replace('[]', () => `[${list}]`)
}

function wrap(times: number, value: string): string {
  return `${'{"arrayValue":{"values":['.repeat(times)}${value}${']}}'.repeat(times)}`
}

/** The text with its `#` replaced by bytes. */
function splice(text: string, bytes: Uint8Array): Buffer {
  const [before, after] = text.split('#')
  return Buffer.concat([Buffer.from(before!), bytes, Buffer.from(after!)])
}
