import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Field } from '../field.ts'
import { type Behaviour, type Decide, type Proxy, startProxy } from '../support/proxy.ts'
import { strikeUnderLoad } from '../support/strike.ts'

const PASS: Behaviour = { kind: 'pass' }
/** Requests of a loaded producer are larger, those of single records smaller. */
const SIZE_LIMIT = 8_192
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const ERROR_PAGE = '<html><body><h1>Something is here</h1></body></html>'

/** What can happen between the service and the Collector. */
export const networkFaults: readonly Fault[] = [
  {
    where: 'network',
    name: 'network-refused',
    about: 'nobody listens at the audit endpoint for a while',
    rounds: 10,
    run: async (field) =>
      throughProxy(field, async (proxy) => {
        await proxy.refuse()
        await aWhile(field)
        await proxy.listen()
      }),
  },
  misbehaving('network-reset', 'connections are reset', () => () => ({ kind: 'reset' })),
  misbehaving('network-black-hole', 'requests are never answered', () => () => ({
    kind: 'swallow',
  })),
  misbehaving('network-slow', 'requests and answers trickle', ({ random }) => () => ({
    kind: 'slow',
    millis: random.between(100, 2_000),
  })),
  misbehaving(
    'network-reply-cut',
    'the answer is cut off after the commit, for each second request',
    ({ random }) =>
      () =>
        random.next() < 0.5 ? { kind: 'cut-reply' } : PASS,
    20,
  ),
  misbehaving(
    'network-503',
    'each second request is answered 503',
    ({ random }) =>
      () =>
        random.next() < 0.5 ? { kind: 'answer', status: 503, body: 'busy' } : PASS,
  ),
  misbehaving('network-429', 'requests are answered 429 with Retry-After', () => () => ({
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': '1' },
  })),
  misbehaving('network-400', 'requests over 8 KiB are answered 400', () => tooLarge(400)),
  misbehaving('network-413', 'requests over 8 KiB are answered 413', () => tooLarge(413)),
  misbehaving('network-401', 'the token is not accepted', () => () => ({
    kind: 'answer',
    status: 401,
    body: 'Unauthorized',
  })),
  misbehaving('network-wrong-route', 'something else answers 400 to everything', () => () => ({
    kind: 'answer',
    status: 400,
    body: ERROR_PAGE,
  })),
  misbehaving(
    'network-other-200',
    'something else answers 200: an OTLP answer, an empty one, a page',
    ({ random }) =>
      () => ({ kind: 'answer', status: 200, ...random.pick(OTHER_ANSWERS) }),
  ),
]

const OTHER_ANSWERS = [
  { headers: PROTOBUF, body: '' },
  // ExportLogsServiceResponse with a partial success that rejects nothing.
  { headers: PROTOBUF, body: Uint8Array.of(0x0a, 0x00) },
  { headers: { 'content-type': 'application/json' }, body: '{}' },
  { headers: { 'content-type': 'application/json' }, body: '{"partialSuccess":{}}' },
  { headers: { 'content-type': 'text/html' }, body: ERROR_PAGE },
] as const

function misbehaving(
  name: string,
  about: string,
  behaviour: (field: Field) => Decide,
  rounds = 10,
): Fault {
  return {
    where: 'network',
    name,
    about: `${about}, for a while`,
    rounds,
    run: async (field) =>
      throughProxy(field, async (proxy) => {
        proxy.behave(behaviour(field))
        await aWhile(field)
        proxy.behave(() => PASS)
      }),
  }
}

async function throughProxy(field: Field, strike: (proxy: Proxy) => Promise<void>): Promise<void> {
  await using proxy = await startProxy(field.stack.addresses.auditOtlp, field.random)
  const load = { auditEndpoint: proxy.url }
  await strikeUnderLoad(field, async () => strike(proxy), { producers: [load, load] })
  await field.stopProducers()
  const treated = [...proxy.treated].map(([kind, times]) => `${times} ${kind}`)
  field.note(`requests: ${treated.join(', ')}`)
}

async function aWhile({ random }: Field): Promise<void> {
  await sleep(random.between(200, 2_500))
}

function tooLarge(status: number): Decide {
  return (bodyLength) =>
    bodyLength > SIZE_LIMIT ? { kind: 'answer', status, body: 'too large' } : PASS
}
