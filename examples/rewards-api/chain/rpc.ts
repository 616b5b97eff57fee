/** Answers one call; what it returns becomes the result. */
export type Method = (params: unknown) => Promise<unknown>

/** An answer that says no, as JSON-RPC 2.0 has it. */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

interface RpcAnswer {
  readonly jsonrpc: '2.0'
  readonly id: string | number | null
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/**
 * Answers the body of a JSON-RPC 2.0 request: one call or a batch of them.
 *
 * @returns `undefined` when there is nothing to answer because all calls were notifications
 * @see https://www.jsonrpc.org/specification
 */
export async function answer(
  methods: Readonly<Record<string, Method>>,
  body: string,
): Promise<RpcAnswer | readonly RpcAnswer[] | undefined> {
  let calls: unknown
  try {
    calls = JSON.parse(body)
  } catch {
    return failure(null, new RpcError(-32_700, 'parse error'))
  }
  if (!Array.isArray(calls)) return answerCall(methods, calls)
  if (calls.length === 0) return failure(null, new RpcError(-32_600, 'invalid request'))
  const answers = await Promise.all(calls.map(async (call) => answerCall(methods, call)))
  const asked = answers.filter((one) => one !== undefined)
  return asked.length > 0 ? asked : undefined
}

async function answerCall(
  methods: Readonly<Record<string, Method>>,
  call: unknown,
): Promise<RpcAnswer | undefined> {
  if (!isCall(call)) return failure(null, new RpcError(-32_600, 'invalid request'))
  const result = await run(methods, call.method, call.params)
  if (call.id === undefined) return undefined
  if (result instanceof RpcError) return failure(call.id, result)
  return { jsonrpc: '2.0', id: call.id, result }
}

interface RpcCall {
  readonly method: string
  readonly id?: string | number | null
  readonly params?: unknown
}

function isCall(value: unknown): value is RpcCall {
  if (typeof value !== 'object' || value === null) return false
  const { jsonrpc, id, method }: { jsonrpc?: unknown; id?: unknown; method?: unknown } = value
  const isIdValid = id === null || ['undefined', 'string', 'number'].includes(typeof id)
  return jsonrpc === '2.0' && typeof method === 'string' && isIdValid
}

async function run(
  methods: Readonly<Record<string, Method>>,
  name: string,
  params: unknown,
): Promise<unknown> {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined
  if (!method) return new RpcError(-32_601, 'method not found')
  try {
    return await method(params)
  } catch (error) {
    return error instanceof RpcError ? error : new RpcError(-32_603, 'internal error')
  }
}

function failure(id: string | number | null, { code, message }: RpcError): RpcAnswer {
  return { jsonrpc: '2.0', id, error: { code, message } }
}
