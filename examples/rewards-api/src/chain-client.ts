import { metrics } from './metrics.ts'

/** A payment to make. */
export interface Payment {
  /** The chain makes a payment once for each id, however often it is asked. */
  readonly paymentId: string
  readonly destination: string
  /** A decimal number as text, as in Stellar: seven places behind the point. */
  readonly amount: string
}

/** What the chain answers to a payment. */
export interface Receipt {
  readonly hash: string
  readonly ledger: number
}

/** The chain refused, or did not answer. */
export class ChainError extends Error {
  override readonly name = 'ChainError'
  readonly statusCode = 502
  /** The JSON-RPC error code, if the chain itself said no. */
  readonly rpcCode: number | undefined

  constructor(message: string, options: ErrorOptions & { readonly rpcCode?: number } = {}) {
    super(message, options)
    this.rpcCode = options.rpcCode
  }
}

/** Speaks to the chain. */
export interface ChainClient {
  sendPayment(payment: Payment): Promise<Receipt>
}

/** Makes a client for the chain's JSON-RPC 2.0 endpoint. */
export function createChainClient(url: string, timeoutMillis: number): ChainClient {
  let lastId = 0
  return {
    sendPayment: async (payment) =>
      measured('sendPayment', () =>
        call(url, timeoutMillis, {
          jsonrpc: '2.0',
          id: (lastId += 1),
          method: 'sendPayment',
          params: payment,
        }),
      ),
  }
}

interface RpcAnswer {
  readonly result?: Receipt
  readonly error?: { readonly code: number; readonly message: string }
}

async function call(url: string, timeoutMillis: number, body: object): Promise<Receipt> {
  let answer: RpcAnswer
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeoutMillis),
    })
    if (!response.ok) throw new Error(`HTTP status ${response.status}`)
    answer = JSON.parse(await response.text())
  } catch (error) {
    throw new ChainError('the chain did not answer', { cause: error })
  }
  if (answer.error) throw new ChainError(answer.error.message, { rpcCode: answer.error.code })
  if (typeof answer.result?.hash !== 'string') throw new ChainError('the chain gave no receipt')
  return answer.result
}

async function measured<Result>(
  method: 'sendPayment',
  work: () => Promise<Result>,
): Promise<Result> {
  const start = performance.now()
  let status: 'success' | 'error' = 'error'
  try {
    const result = await work()
    status = 'success'
    return result
  } finally {
    metrics.chainTransactions.add(1, { method, status })
    metrics.chainDuration.record((performance.now() - start) / 1_000, { method })
  }
}
