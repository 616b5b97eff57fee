import { createLoginService, type LoginService } from '../demo/login.ts'
import { startChain, startRewardsApi, type SystemPlan } from '../demo/rewards-system.ts'
import { claim, sendTraffic } from '../demo/traffic.ts'
import { assert } from '../support/assert.ts'
import type { Evidence } from '../support/contract.ts'
import { untilScraped } from '../support/prometheus.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { type Paid, proveAuditTrail } from './scenario/audit-trail.ts'
import { loseChain, loseRedis } from './scenario/chain-away.ts'
import { type Answer, expectStatus, post, untilHealth } from './scenario/client.ts'
import { proveCounts } from './scenario/counts.ts'
import { exhaustPool } from './scenario/exhausted-pool.ts'
import { proveExposition } from './scenario/exposition.ts'
import { proveSettings } from './scenario/settings.ts'

export const example: Example = { name: 'rewards-api', contract, run }

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
  await untilHealth(stage, api, 200)
  // What grows from now on is seen to grow.
  await untilScraped(stack.addresses, 'reward_claims_total{job="rewards-api"} == 0')
  say('rewards-api and its chain run')

  const answers = await sendTraffic(api.url, login)
  const claimed = answers.findLast(({ body }) => body['status'] === 'claimed')
  assert(claimed !== undefined, `no claim was paid: ${JSON.stringify(answers)}`)
  await turnAway(api, login)
  say('rewards were claimed and paid; callers without right were turned away')

  const learned = await learn(api, login)
  say('a quiz was failed, passed and paid for, and credentials were minted')

  const ada = await login.logIn('ada')
  const late = await loseChain(stage, { ...plan, chainUrl: chain.url }, { api, chain }, async () =>
    post(`${api.url}/quizzes/anchor-expert/claim`, ada),
  )
  await exhaustPool(stage, api, { databaseUrl, token: ada })
  await proveSettings(stage, { ...plan, chainUrl: chain.url }, login)
  await loseRedis(stage, api)
  say('the chain was away for a while, and Redis; what was not paid was paid after it, once')

  const claims = answers.map(({ body }) => body).filter(({ status }) => status === 'claimed')
  const paid = [...claims, learned, late]
  await proveAuditTrail(stage, paid)
  await proveCounts(stage, api, paid)
  await proveExposition(stage, api)
  return {
    metricsUrls: { api: api.metricsUrl },
    services: ['rewards-api'],
    traces: { 'one claim over all five hops': claimed.traceId },
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

/**
 * Somebody fails a quiz, tries again, is paid for it, and gets the credential of the course.
 *
 * @returns what was answered when it was paid
 */
async function learn({ url }: Service, login: LoginService): Promise<Paid> {
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
  const claimed = await post(`${url}/quizzes/stellar-basics/claim`, token)
  expectStatus(claimed, 200, 'a claim')

  const minted = await mint()
  assert(minted.body['status'] === 'minted', `minting got ${JSON.stringify(minted.body)}`)
  // Whoever has it is told so each time they ask.
  for (const again of [await mint(), await mint()]) {
    assert(again.body['status'] === 'already_minted', `again, it got ${JSON.stringify(again.body)}`)
    assert(again.body['txHash'] === minted.body['txHash'], 'a credential was minted twice')
  }
  return claimed.body
}
