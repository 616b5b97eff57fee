import { readFile } from 'node:fs/promises'
import type { LoginService } from '../../demo/login.ts'
import { startRewardsApi, type SystemPlan } from '../../demo/rewards-system.ts'
import { assert } from '../../support/assert.ts'
import { freePort } from '../../support/free-port.ts'
import type { Stage } from '../../support/stage.ts'
import { expectStatus, post, untilHealth } from './client.ts'

const OTHERS = { issuer: 'https://other.example.test', audience: 'other-api' }

/** An instance that is told otherwise: it waits less for the chain, says less, and believes others. */
export async function proveSettings(
  stage: Stage,
  plan: SystemPlan,
  login: LoginService,
): Promise<void> {
  const port = await freePort()
  await using other = await startRewardsApi(
    {
      ...plan,
      // It does not even say that it listens.
      readyLine: /telltale: metrics on (\S+)/,
      variables: {
        PORT: String(port),
        LOG_LEVEL: 'warn',
        CHAIN_TIMEOUT_MILLIS: '200',
        JWT_ISSUER: OTHERS.issuer,
        JWT_AUDIENCE: OTHERS.audience,
      },
    },
    'rewards-api-other',
  )
  const url = `http://127.0.0.1:${port}`
  await untilHealth(stage, { url }, 200)
  // Somebody who was not paid yet; the chain takes longer than this instance waits.
  const claim = async (claims?: Parameters<LoginService['logIn']>[2]) =>
    post(`${url}/quizzes/anchor-expert/claim`, await login.logIn('mallory', '12 hours', claims))
  await stage.prove('CHAIN_TIMEOUT_MILLIS', async () => {
    expectStatus(await claim(OTHERS), 502, 'a claim that takes too long')
  })
  await stage.prove('JWT_ISSUER and JWT_AUDIENCE', async () => {
    for (const [what, claims] of [
      ['of the usual issuer, for the usual service', {}],
      ['of another issuer', { audience: OTHERS.audience }],
      ['for another service', { issuer: OTHERS.issuer }],
    ] as const) {
      expectStatus(await claim(claims), 401, `a claim with a token ${what}`)
    }
  })
  await stage.prove('LOG_LEVEL', async () => {
    const lines = (await readFile(other.logFile, 'utf8')).split('\n')
    const levels = new Set(lines.map((line) => /"level":(\d+)/.exec(line)?.[1]))
    assert(levels.has('40'), 'there is no line of level warn')
    assert(!levels.has('30'), 'there is a line of level info')
  })
}
