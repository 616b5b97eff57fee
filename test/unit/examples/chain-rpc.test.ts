import { expect, test } from 'vitest'
import { createLedger } from '../../../examples/rewards-api/chain/ledger.ts'
import { answer } from '../../../examples/rewards-api/chain/rpc.ts'

const destination = `G${'A'.repeat(55)}`

const ask = async (methods: ReturnType<typeof createLedger>, params: object): Promise<unknown> =>
  answer(methods, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'sendPayment', params }))

test('a payment asked for twice under one id is made once', async () => {
  const ledger = createLedger(20n)
  const payment = { paymentId: 'p-1', destination, amount: '12.5000000' }

  const first = await ask(ledger, payment)
  const second = await ask(ledger, payment)
  const third = await ask(ledger, { ...payment, paymentId: 'p-2' })

  expect(first).toMatchObject({ id: 7, result: { ...payment, ledger: 1_001 } })
  expect(second).toEqual(first)
  expect(third).toMatchObject({ error: { code: -32_001, message: 'insufficient funds' } })
})

test('one id for two different payments is refused', async () => {
  const ledger = createLedger(100n)
  await ask(ledger, { paymentId: 'p-1', destination, amount: '1' })

  expect(await ask(ledger, { paymentId: 'p-1', destination, amount: '2' })).toMatchObject({
    error: { code: -32_002 },
  })
})

test('a credential is minted once for its id, and not counted as a payment', async () => {
  const ledger = createLedger(0n)
  const mint = async (params: object): Promise<unknown> =>
    answer(ledger, JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'mintCredential', params }))
  const credential = { credentialId: 'c-1', destination, courseId: 'stellar' }

  const first = await mint(credential)

  expect(first).toMatchObject({ result: { ...credential, ledger: 1_001 } })
  expect(await mint(credential)).toEqual(first)
  expect(await mint({ ...credential, courseId: 'anchors' })).toMatchObject({
    error: { code: -32_003 },
  })
  expect(await answer(ledger, '{"jsonrpc":"2.0","id":1,"method":"getHealth"}')).toMatchObject({
    result: { payments: 0, credentials: 1 },
  })
})

test.each([
  ['what is no JSON', '{', { id: null, error: { code: -32_700 } }],
  ['an empty batch', '[]', { id: null, error: { code: -32_600 } }],
  ['a call without a version', '{"id":1,"method":"getHealth"}', { error: { code: -32_600 } }],
  [
    'an unknown method',
    '{"jsonrpc":"2.0","id":"a","method":"toString"}',
    { id: 'a', error: { code: -32_601 } },
  ],
  [
    'wrong parameters',
    '{"jsonrpc":"2.0","id":2,"method":"sendPayment","params":[1]}',
    { id: 2, error: { code: -32_602 } },
  ],
])('%s is answered with the error of JSON-RPC 2.0 for it', async (_what, body, expected) => {
  expect(await answer(createLedger(1n), body)).toMatchObject({ jsonrpc: '2.0', ...expected })
})

test('in a batch each call is answered and a notification is not', async () => {
  const calls = [
    { jsonrpc: '2.0', id: 1, method: 'getHealth' },
    { jsonrpc: '2.0', method: 'getHealth' },
  ]

  expect(await answer(createLedger(1n), JSON.stringify(calls))).toMatchObject([{ id: 1 }])
  expect(await answer(createLedger(1n), JSON.stringify(calls.slice(1)))).toBeUndefined()
})
