import { describe, expect, test } from 'vitest'
import { ConfigError } from '../../../src/core/errors.ts'
import { createClientAddress, type ProxyOptions } from '../../../src/http/client-address.ts'

function addressOf(
  options: ProxyOptions,
  peer: string | undefined,
  header?: string | readonly string[],
): string {
  const socket = { remoteAddress: peer, once: () => undefined }
  const headers = header === undefined ? {} : { 'x-forwarded-for': header }
  return createClientAddress(options)({ headers, socket })
}

describe('without trusted proxies', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    [undefined, 'unknown'],
    ['/run/app.sock', 'unknown'],
  ])('the peer %s is the client %s', (peer, expected) => {
    expect(addressOf({}, peer)).toBe(expected)
  })

  test('a forged header counts for nothing', () => {
    expect(addressOf({}, '192.0.2.1', '203.0.113.7')).toBe('192.0.2.1')
  })
})

describe('with trusted proxies', () => {
  const behind = { trustedProxies: ['10.0.0.0/8', '2001:db8:1::/48', 'loopback'] }

  test.each([
    ['one entry', '10.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['our proxies after it', '10.0.0.1', '203.0.113.7, 10.0.0.2,10.0.0.3', '203.0.113.7'],
    ['what the client forged', '10.0.0.1', '6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['IPv6', '2001:db8:1::5', '2001:DB8:ffff::1', '2001:db8:ffff::1'],
    ['IPv6 with a port', '::1', '[2001:db8:ffff::1]:4711', '2001:db8:ffff::1'],
    ['IPv4 with a port', '127.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
    ['IPv4 in the form of IPv6', '::ffff:10.0.0.1', '::ffff:203.0.113.7', '203.0.113.7'],
    ['no header', '10.0.0.1', undefined, '10.0.0.1'],
    ['an empty header', '10.0.0.1', '', '10.0.0.1'],
    ['a word', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['an attack', '10.0.0.1', '203.0.113.7\r\nlevel=error', '10.0.0.1'],
    ['a word before a proxy', '10.0.0.1', 'unknown, 10.0.0.2', '10.0.0.2'],
    ['only proxies', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['a peer that is none of them', '192.0.2.1', '203.0.113.7', '192.0.2.1'],
  ])('%s', (_what, peer, header, expected) => {
    expect(addressOf(behind, peer, header)).toBe(expected)
  })

  test('several headers are one list: the last entry is the nearest', () => {
    expect(addressOf(behind, '10.0.0.1', ['6.6.6.6', '203.0.113.7'])).toBe('203.0.113.7')
  })

  test('a header of thousands of entries is not read to its end', () => {
    const header = Array.from({ length: 5_000 }, () => '10.0.0.2').join(',')

    expect(addressOf(behind, '10.0.0.1', `203.0.113.7,${header}`)).toBe('10.0.0.2')
  })

  test('the first entry is taken where that is asked for, behind a proxy only', () => {
    const first = { ...behind, forwardedEntry: 'first' } as const

    expect(addressOf(first, '10.0.0.1', '203.0.113.7, 198.51.100.2')).toBe('203.0.113.7')
    expect(addressOf(first, '192.0.2.1', '203.0.113.7, 198.51.100.2')).toBe('192.0.2.1')
    expect(addressOf(first, '10.0.0.1', 'unknown, 198.51.100.2')).toBe('10.0.0.1')
  })
})

test.each([
  [0, '192.0.2.1'],
  [1, '198.51.100.2'],
  [2, '203.0.113.7'],
  [9, '203.0.113.7'],
])('%i proxies before this service make the client %s', (trustedProxies, expected) => {
  expect(addressOf({ trustedProxies }, '192.0.2.1', '203.0.113.7, 198.51.100.2')).toBe(expected)
})

test.each([
  [['proxy.internal']],
  [['10.0.0.0/33']],
  [['10.0.0.0/8/8']],
  [[17]],
  [-1],
  [1.5],
  ['10.0.0.0/8'],
])('%j are no proxies', (trustedProxies) => {
  const options = { trustedProxies } as unknown as ProxyOptions

  expect(() => createClientAddress(options)).toThrow(ConfigError)
  expect(() => createClientAddress(options)).toThrow(/"trustedProxies" must be/)
})
