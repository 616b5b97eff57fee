import { type ChainMethod, metrics } from './metrics.ts'

/** A payment to make. */
export interface Payment {
  /** The chain makes a payment once for each id, however often it is asked. */
  readonly paymentId: string
  readonly destination: string
  /** A decimal number as text, as in Stellar: seven places behind the point. */
  readonly amount: string
}

/** A credential to mint. */
export interface Credential {
  /** The chain mints once for each id, however often it is asked. */
  readonly credentialId: string
  readonly destination: string
  readonly courseId: string
}

/** What the chain answers to a transaction. */
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
  mintCredential(credential: Credential): Promise<Receipt>
  /** @throws {ChainError} unless the chain says that it is healthy */
  checkHealth(signal: AbortSignal): Promise<void>
}

/** Makes a client for the chain's JSON-RPC 2.0 endpoint. */
export function createChainClient(url: string, timeoutMillis: number): ChainClient {
  let lastId = 0
  const call = async <Result>(
    method: string,
    params: object,
    signal: AbortSignal,
  ): Promise<Partial<Result>> =>
    post(url, { jsonrpc: '2.0', id: (lastId += 1), method, params }, signal)

  const transact = async (method: ChainMethod, params: object): Promise<Receipt> =>
    measured(method, async () => {
      const signal = AbortSignal.timeout(timeoutMillis)
      const { hash, ledger } = await call<Receipt>(method, params, signal)
      if (hash === undefined || ledger === undefined) {
        throw new ChainError('the chain gave no receipt')
      }
      return { hash, ledger }
    })

  return {
    sendPayment: async (payment) => transact('sendPayment', payment),
    mintCredential: async (credential) => transact('mintCredential', credential),
    async checkHealth(signal) {
      const { status } = await call<{ readonly status: string }>('getHealth', {}, signal)
      if (status !== 'healthy') throw new ChainError(`the chain says it is ${status}`)
    },
  }
}

interface RpcAnswer<Result> {
  readonly result?: Partial<Result> | null
  readonly error?: { readonly code: number; readonly message: string }
}

async function post<Result>(
  url: string,
  body: object,
  signal: AbortSignal,
): Promise<Partial<Result>> {
  let answer: RpcAnswer<Result>
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal,
    })
    if (!response.ok) {
      // What nobody reads would keep its connection.
      await response.body?.cancel()
      throw new Error(`HTTP status ${response.status}`)
    }
    answer = JSON.parse(await response.text())
  } catch (error) {
    throw new ChainError('the chain did not answer', { cause: error })
  }
  if (answer.error) throw new ChainError(answer.error.message, { rpcCode: answer.error.code })
  return answer.result ?? {}
}

async function measured<Result>(method: ChainMethod, work: () => Promise<Result>): Promise<Result> {
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
