import { Client } from 'pg'
import type { Stack } from '../../../deploy/stack/stack.ts'
import { createLoginService, type LoginService } from '../../../examples/demo/login.ts'
import {
  startChain,
  startRewardsApi,
  type SystemPlan,
} from '../../../examples/demo/rewards-system.ts'
import type { Service } from '../../../examples/support/services.ts'
import { type Answer, claim } from '../../../examples/demo/traffic.ts'

/** The example service with its chain and its database, connected to a stack. */
export interface RewardsSystem extends AsyncDisposable {
  readonly api: Service
  readonly chain: Service
  readonly login: LoginService
  /** What a second rewards-api on the same data would be started with. */
  readonly plan: SystemPlan
  /** Has a user pass a quiz that nobody took before; answers the quiz's id. */
  passQuiz(user: string, reward?: string): Promise<string>
  /** Claims as a user who is logged in. */
  claimAs(user: string, quiz: string, baseUrl?: string): Promise<Answer>
  /** How many payments the chain has made. */
  paymentsMade(): Promise<number>
}

/** How a system differs from the usual one. */
export interface RewardsOptions {
  readonly name: string
  readonly chainLatencyMillis?: number
  readonly variables?: Readonly<Record<string, string>>
}

/** Starts rewards-api and its chain beside a stack, with a database of their own. */
export async function startRewards(stack: Stack, options: RewardsOptions): Promise<RewardsSystem> {
  await using started = new AsyncDisposableStack()
  const { addresses } = stack
  const [login, databaseUrl, chain] = await Promise.all([
    createLoginService(addresses.redis),
    stack.createDatabase(options.name.replaceAll('-', '_')),
    startChain(
      {
        addresses,
        logDirectory: addresses.logs,
        variables: { CHAIN_LATENCY_MILLIS: String(options.chainLatencyMillis ?? 5) },
      },
      `${options.name}-chain`,
    ),
  ])
  started.use(chain)
  const plan: SystemPlan = {
    addresses,
    login,
    databaseUrl,
    chainUrl: chain.url,
    logDirectory: addresses.logs,
    ...(options.variables && { variables: options.variables }),
  }
  const api = started.use(await startRewardsApi(plan, options.name))
  const running = started.move()
  let quizzes = 0
  return {
    api,
    chain,
    login,
    plan,
    passQuiz: async (user, reward = '12.5000000') => {
      const quiz = `quiz-${(quizzes += 1)}`
      await insertSubmission(databaseUrl, { id: `${quiz}-${user}`, quiz, user, reward })
      return quiz
    },
    claimAs: async (user, quiz, baseUrl = api.url) =>
      claim(baseUrl, { user, quiz, token: await login.logIn(user) }),
    paymentsMade: async () => countPayments(chain.url),
    [Symbol.asyncDispose]: async () => running.disposeAsync(),
  }
}

async function insertSubmission(
  databaseUrl: string,
  submission: Readonly<Record<'id' | 'quiz' | 'user' | 'reward', string>>,
): Promise<void> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { id, quiz, user, reward } = submission
    await client.query(
      `INSERT INTO quiz_submissions (id, quiz_id, user_id, passed, reward)
       VALUES ($1, $2, $3, true, $4)`,
      [id, quiz, user, reward],
    )
  } finally {
    await client.end()
  }
}

async function countPayments(chainUrl: string): Promise<number> {
  const response = await fetch(chainUrl, {
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'getHealth' }),
  })
  const answer: { result: { payments: number } } = JSON.parse(await response.text())
  return answer.result.payments
}
