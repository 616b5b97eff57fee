import { createHash } from 'node:crypto'
import { type Method, RpcError } from './rpc.ts'

// What can go wrong with a payment, beyond what JSON-RPC itself names.
const ledgerErrors = {
  insufficientFunds: -32_001,
  paymentIdTaken: -32_002,
} as const

interface PaymentParams {
  readonly paymentId: string
  readonly destination: string
  readonly amount: string
}

interface Entry extends PaymentParams {
  readonly hash: string
  readonly ledger: number
}

// Amounts are whole numbers of stroops, the ten-millionth parts in which Stellar counts.
const STROOPS = 10_000_000n

/**
 * The methods of a chain that lives in memory: it pays each payment id once and answers a repeat
 * with the first receipt.
 *
 * @param fundsInUnits - what the paying account owns at the start
 */
export function createLedger(fundsInUnits: bigint): Record<string, Method> {
  const entries = new Map<string, Entry>()
  let funds = fundsInUnits * STROOPS
  let sequence = 1_000

  const sendPayment: Method = async (params) => {
    const payment = toPayment(params)
    const existing = entries.get(payment.paymentId)
    if (existing) {
      if (existing.destination === payment.destination && existing.amount === payment.amount) {
        return existing
      }
      throw new RpcError(ledgerErrors.paymentIdTaken, 'payment id used for another payment')
    }
    const stroops = toStroops(payment.amount)
    if (stroops > funds) throw new RpcError(ledgerErrors.insufficientFunds, 'insufficient funds')
    funds -= stroops
    sequence += 1
    const hash = createHash('sha256')
      .update(`${sequence}:${JSON.stringify(payment)}`)
      .digest('hex')
    const entry = { ...payment, hash, ledger: sequence }
    entries.set(payment.paymentId, entry)
    return entry
  }

  return {
    sendPayment,
    getHealth: async () => ({
      status: 'healthy',
      latestLedger: sequence,
      payments: entries.size,
    }),
    getTransaction: async (params) => {
      const hash = fieldOf(params, 'hash')
      return [...entries.values()].find((entry) => entry.hash === hash) ?? null
    },
  }
}

function toPayment(params: unknown): PaymentParams {
  const payment = {
    paymentId: fieldOf(params, 'paymentId'),
    destination: fieldOf(params, 'destination'),
    amount: fieldOf(params, 'amount'),
  }
  if (!/^G[A-Z2-7]{55}$/.test(payment.destination)) {
    throw new RpcError(-32_602, '"destination" must be a Stellar address')
  }
  if (!/^\d{1,11}(\.\d{1,7})?$/.test(payment.amount)) {
    throw new RpcError(-32_602, '"amount" must be a decimal number as text')
  }
  return payment
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
