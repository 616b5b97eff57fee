// The record that is measured: a reward that was paid out, 600 bytes as plain JSON. Everything has a fixed width, so that
// all records are equally long; no two are the same.

const WANTED_BYTES = 600
const USER_AGENT = 'rewards-app/4.2 (iPhone; iOS 18.1)'

let note = ''

/** The fields of a record for `audit.record()`. */
export function toFields(number) {
  const digits = String(number % 1e9).padStart(9, '0')
  return {
    actor: { id: `user-${digits}`, type: 'user' },
    outcome: number % 50 === 0 ? 'failure' : 'success',
    target: { id: `submission-${digits}` },
    source: { id: '203.0.113.42' },
    tenantId: 'acme',
    requestId: `01930000-0000-7000-8000-000${digits}`,
    userAgent: USER_AGENT,
    details: {
      amount: '12.5000000',
      asset: 'XLM',
      quiz: 42,
      score: 9,
      passed: true,
      wallet: `GBENCHBENCHBENCHBENCHBENCHBENCHBENCHBENCHBENCHB${digits}`,
      transaction: `4f1c0f3a9be27d5518ac6b0e4d91c7a3f0b2d86e5c4a1977e3d02b6${digits}`,
      note,
    },
  }
}

/** What the yardstick writes for the same record. */
export function toPlain(number) {
  return { event: 'reward_claimed', action: 'claim_reward', at: Date.now(), ...toFields(number) }
}

note = 'n'.repeat(WANTED_BYTES - JSON.stringify(toPlain(1)).length)
