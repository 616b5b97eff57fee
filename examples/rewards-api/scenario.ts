import { createLoginService, type LoginService } from '../demo/login.ts'
import { startChain, startRewardsApi, type SystemPlan } from '../demo/rewards-system.ts'
import { claim, sendTraffic } from '../demo/traffic.ts'
import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { eventually } from '../support/eventually.ts'
import { untilScraped } from '../support/prometheus.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { type Answer, post } from './scenario/client.ts'
import { proveExposition } from './scenario/exposition.ts'

export const example: Example = { name: 'rewards-api', contract, run }

const WITHIN = { withinMillis: 20_000 }

async function run(stage: Stage): Promise<Evidence> {
  const { stack, open, say } = stage
  const { addresses } = stack
  const login = await createLoginService(addresses.redis)
  const databaseUrl = await stack.createDatabase('rewards')
  const plan: Omit<SystemPlan, 'chainUrl'> = {
    addresses,
    login,
    databaseUrl,
    logDirectory: addresses.logs,
  }
  const chain = open.use(await startChain(plan))
  const variables = { TELLTALE_AUDIT_MIRROR_LOG: 'true' }
  const api = open.use(await startRewardsApi({ ...plan, chainUrl: chain.url, variables }))
  stack.scrape('rewards-api', {
    address: new URL(api.url).host,
    labels: { job: 'rewards-api' },
  })
  const healthChecks = await untilHealth(api, 200)
  say('rewards-api and its chain run')

  const answers = await sendTraffic(api.url, login)
  const claimed = answers.findLast(({ body }) => body['status'] === 'claimed')
  assert(claimed !== undefined, `no claim was paid: ${JSON.stringify(answers)}`)
  await turnAway(api, login)
  say('rewards were claimed and paid; callers without right were turned away')

  await learn(api, login)
  say('a quiz was failed, passed and paid for, and credentials were minted')

  await loseChain(stage, { ...plan, chainUrl: chain.url }, { api, chain, login })
  say('the chain was away for a while; what was not paid was paid after it, once')

  await proveExposition(stage, api)
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['rewards-api'],
    traces: { 'one claim over all five hops': claimed.traceId },
    healthChecks,
  }
}

/** Callers who must be turned away, although they were known once: with an old token, and after log-out. */
async function turnAway({ url }: Service, login: LoginService): Promise<void> {
  const quiz = 'anchor-expert'
  const expired = await login.logIn('ada', '-1 minute')
  const loggedOut = await login.logIn('mallory')
  await login.logOut('mallory')
  for (const [path, token] of [
    [`/quizzes/${quiz}/claim`, expired],
    ['/courses/stellar/credentials', 'no.such.token'],
  ] as const) {
    expectStatus(await post(url + path, token), 401, path)
  }
  // Nobody gets as far as the session who has not taken the quiz.
  const path = `${url}/quizzes/${quiz}/submissions`
  expectStatus(await post(path, loggedOut, { answers: ['a', 'd', 'b'] }), 201, path)
  const { status } = await claim(url, { user: 'mallory', quiz, token: loggedOut })
  assert(status === 401, `a claim after log-out was answered ${status}`)
}

/** Somebody fails a quiz, tries again, is paid for it, and gets the credential of the course. */
async function learn({ url }: Service, login: LoginService): Promise<void> {
  const token = await login.logIn('hedy')
  const submit = async (quiz: string, answers: readonly string[]): Promise<Answer> =>
    post(`${url}/quizzes/${quiz}/submissions`, token, { answers })
  const mint = async (): Promise<Answer> => post(`${url}/courses/stellar/credentials`, token)

  const failed = await submit('stellar-basics', ['a', 'b', 'c'])
  assert(failed.body['passed'] === false, `wrong answers got ${JSON.stringify(failed.body)}`)
  expectStatus(await mint(), 422, 'a credential too early')
  const passed = await submit('stellar-basics', ['b', 'a', 'd'])
  assert(passed.body['passed'] === true, `right answers got ${JSON.stringify(passed.body)}`)
  expectStatus(await submit('soroban-advanced', ['c', 'c', 'a']), 201, 'another quiz')
  expectStatus(await submit('soroban-advanced', ['c', 'c', 'a']), 409, 'a quiz that was passed')
  expectStatus(await post(`${url}/quizzes/stellar-basics/submissions`, token), 400, 'no answers')
  expectStatus(await post(`${url}/quizzes/stellar-basics/claim`, token), 200, 'a claim')

  const minted = await mint()
  const again = await mint()
  assert(minted.body['status'] === 'minted', `minting got ${JSON.stringify(minted.body)}`)
  assert(again.body['status'] === 'already_minted', `again, it got ${JSON.stringify(again.body)}`)
  assert(again.body['txHash'] === minted.body['txHash'], 'a credential was minted twice')
}

/** The chain goes away and comes back: claims fail, and succeed when they are sent again. */
async function loseChain(
  { stack, open }: Stage,
  plan: SystemPlan,
  { api, chain, login }: Record<'api' | 'chain', Service> & { readonly login: LoginService },
): Promise<void> {
  const token = await login.logIn('ada')
  const send = async (): Promise<Answer> => post(`${api.url}/quizzes/anchor-expert/claim`, token)
  await chain.stop()
  expectStatus(await send(), 502, 'a claim without a chain')
  await untilHealth(api, 503)
  // A counter has to be seen twice before anybody sees it grow.
  await untilScraped(stack.addresses, 'http_requests_total{job="rewards-api", status_code="502"}')
  expectStatus(await send(), 502, 'another one')

  const variables = { PORT: new URL(plan.chainUrl).port }
  open.use(await startChain({ ...plan, variables }, 'stellar-rpc-again'))
  const paid = await send()
  const repeated = await send()
  assert(paid.body['status'] === 'claimed', `the claim got ${JSON.stringify(paid.body)}`)
  assert(repeated.body['txHash'] === paid.body['txHash'], 'a reward was paid twice')
  await untilHealth(api, 200)
}

/** Waits until `/health` answers with a status. @returns the state of each check */
async function untilHealth({ url }: Service, wanted: number): Promise<Record<string, string>> {
  const { checks } = await eventually(
    `${wanted} from /health`,
    async () => {
      const response = await fetch(`${url}/health`)
      const body = (await response.json()) as {
        readonly checks: Readonly<Record<string, { readonly status: string }>>
      }
      return { ...body, httpStatus: response.status }
    },
    ({ httpStatus }) => httpStatus === wanted,
    WITHIN,
  )
  return Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))
}

function expectStatus({ status, body }: Answer, expected: number, what: string): void {
  assert(status === expected, `${what} was answered ${status}: ${JSON.stringify(body)}`)
}
