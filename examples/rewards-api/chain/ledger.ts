import { createHash } from 'node:crypto'
import { type Method, RpcError } from './rpc.ts'

// What can go wrong with a transaction, beyond what JSON-RPC itself names.
const ledgerErrors = {
  insufficientFunds: -32_001,
  paymentIdTaken: -32_002,
  credentialIdTaken: -32_003,
} as const

interface PaymentParams {
  readonly paymentId: string
  readonly destination: string
  readonly amount: string
}

interface CredentialParams {
  readonly credentialId: string
  readonly destination: string
  readonly courseId: string
}

/** What was asked for, and its place in the ledger. */
type Entry<Params> = Params & { readonly hash: string; readonly ledger: number }

// Amounts are whole numbers of stroops, the ten-millionth parts in which Stellar counts.
const STROOPS = 10_000_000n

/**
 * The methods of a chain that lives in memory: it does what it is asked once for each id, and answers a repeat with the first
 * receipt.
 *
 * @param fundsInUnits - what the paying account owns at the start
 */
export function createLedger(fundsInUnits: bigint): Record<string, Method> {
  const payments = new Map<string, Entry<PaymentParams>>()
  const credentials = new Map<string, Entry<CredentialParams>>()
  let funds = fundsInUnits * STROOPS
  let sequence = 1_000

  const close = <Params extends object>(params: Params): Entry<Params> => {
    sequence += 1
    const hash = createHash('sha256')
      .update(`${sequence}:${JSON.stringify(params)}`)
      .digest('hex')
    return { ...params, hash, ledger: sequence }
  }

  const sendPayment: Method = async (params) => {
    const payment = toPayment(params)
    const existing = payments.get(payment.paymentId)
    if (existing) {
      if (existing.destination === payment.destination && existing.amount === payment.amount) {
        return existing
      }
      throw new RpcError(ledgerErrors.paymentIdTaken, 'payment id used for another payment')
    }
    const stroops = toStroops(payment.amount)
    if (stroops > funds) throw new RpcError(ledgerErrors.insufficientFunds, 'insufficient funds')
    funds -= stroops
    const entry = close(payment)
    payments.set(payment.paymentId, entry)
    return entry
  }

  const mintCredential: Method = async (params) => {
    const credential = toCredential(params)
    const existing = credentials.get(credential.credentialId)
    if (existing) {
      const { destination, courseId } = existing
      if (destination === credential.destination && courseId === credential.courseId) {
        return existing
      }
      throw new RpcError(ledgerErrors.credentialIdTaken, 'credential id used for another one')
    }
    const entry = close(credential)
    credentials.set(credential.credentialId, entry)
    return entry
  }

  return {
    sendPayment,
    mintCredential,
    getHealth: async () => ({
      status: 'healthy',
      latestLedger: sequence,
      payments: payments.size,
      credentials: credentials.size,
    }),
    getTransaction: async (params) => {
      const hash = fieldOf(params, 'hash')
      const entries = [...payments.values(), ...credentials.values()]
      return entries.find((entry) => entry.hash === hash) ?? null
    },
  }
}

function toCredential(params: unknown): CredentialParams {
  return {
    credentialId: fieldOf(params, 'credentialId'),
    destination: addressOf(params),
    courseId: fieldOf(params, 'courseId'),
  }
}

function toPayment(params: unknown): PaymentParams {
  const payment = {
    paymentId: fieldOf(params, 'paymentId'),
    destination: addressOf(params),
    amount: fieldOf(params, 'amount'),
  }
  if (!/^\d{1,11}(\.\d{1,7})?$/.test(payment.amount)) {
    throw new RpcError(-32_602, '"amount" must be a decimal number as text')
  }
  return payment
}

function addressOf(params: unknown): string {
  const address = fieldOf(params, 'destination')
  if (/^G[A-Z2-7]{55}$/.test(address)) return address
  throw new RpcError(-32_602, '"destination" must be a Stellar address')
}

function fieldOf(params: unknown, name: string): string {
  const fields = new Map<string, unknown>(Object.entries(params ?? {}))
  const value = fields.get(name)
  if (typeof value === 'string' && value !== '') return value
  throw new RpcError(-32_602, `"${name}" must be a text`)
}

function toStroops(amount: string): bigint {
  const [units = '0', fraction = ''] = amount.split('.')
  return BigInt(units) * STROOPS + BigInt(fraction.padEnd(7, '0'))
}
