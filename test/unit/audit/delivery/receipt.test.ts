import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../../../src/audit/delivery/receipt.ts'

const receipt = { 'telltale-audit-format': 'telltale/1', 'telltale-audit-committed': '3' }
const answer = (status: number, headers: Record<string, string> = {}, body = '') => ({
  status,
  headers,
  body: Buffer.from(body),
})

test('only 200 with a receipt for exactly so many records commits them', () => {
  expect(readAnswer(answer(200, receipt), 3)).toEqual({ kind: 'committed' })
})

test.each([
  ['nothing', {}],
  ['a smaller number', { ...receipt, 'telltale-audit-committed': '2' }],
  ['a larger number', { ...receipt, 'telltale-audit-committed': '4' }],
  ['the number in another form', { ...receipt, 'telltale-audit-committed': '3.0' }],
  ['another format', { ...receipt, 'telltale-audit-format': 'telltale/2' }],
  ['no format', { 'telltale-audit-committed': '3' }],
])('200 with %s is repeated', (_what, headers) => {
  expect(readAnswer(answer(200, headers), 3)).toMatchObject({ kind: 'again' })
})

test.each([202, 204, 301, 401, 403, 404, 408, 429, 500, 502, 503])(
  '%i is repeated, even with a receipt',
  (status) => {
    expect(readAnswer(answer(status, receipt), 3)).toMatchObject({ kind: 'again' })
  },
)

test.each([400, 413])('%i refuses the request for itself', (status) => {
  expect(readAnswer(answer(status), 3)).toMatchObject({ kind: 'refused', byReceiver: false })
  expect(readAnswer(answer(status, receipt), 3)).toMatchObject({
    kind: 'refused',
    byReceiver: true,
  })
})

describe('the reason', () => {
  test('names the setting that helps', () => {
    expect(readAnswer(answer(401), 1)).toMatchObject({
      reason: expect.stringContaining('TELLTALE_AUDIT_TOKEN'),
    })
  })

  test('repeats what the other side says, if it is text', () => {
    expect(readAnswer(answer(400, {}, 'format telltale/2'), 1)).toEqual({
      kind: 'refused',
      reason: 'HTTP 400 format telltale/2',
      byReceiver: false,
    })
    expect(readAnswer(answer(503, {}, '\u0000\u0001'), 1)).toMatchObject({ reason: 'HTTP 503' })
  })
})

test.each([
  ['5', 5_000],
  ['0', 0],
  ['soon', undefined],
  ['-1', undefined],
])('Retry-After: %s asks for %s milliseconds', (header, millis) => {
  const verdict = readAnswer(answer(503, { 'retry-after': header }), 1)

  expect((verdict as { retryInMillis?: number }).retryInMillis).toBe(millis)
})
