import type { Evidence } from '../support/contract.ts'
import type { Service } from '../support/services.ts'
import type { Example, Stage } from '../support/stage.ts'
import { contract } from './contract.ts'
import { proveLeaving, proveManyTenants, proveOverflow } from './scenario/bounds.ts'
import { proveFigures } from './scenario/figures.ts'
import { CONNECTIONS, proveExhaustedPool, proveOutage, untilHealth } from './scenario/outages.ts'
import { createProxmoxClient } from './scenario/proxmox-client.ts'
import { startProgram } from './scenario/services.ts'
import { logAllIn, type Team } from './scenario/team.ts'
import { proveTenants } from './scenario/tenants.ts'
import { work } from './scenario/work.ts'

export const example: Example = { name: 'platform', contract, run }

async function run(stage: Stage): Promise<Evidence> {
  const { say } = stage
  const team = await start(stage)
  say('the platform runs, with Keycloak and a Proxmox cluster')

  const own = await work(stage, team)
  await proveFigures(stage, team)
  await proveTenants(stage, team, own)
  say('three tenants have worked, some of them on what is not theirs')

  await proveLeaving(stage, team)
  await proveOverflow(stage, team)
  await proveManyTenants(stage)
  say('a tenant has left, and more came than the platform is made for')

  await proveExhaustedPool(stage, team)
  await untilHealth(stage, team.api, 200)
  await proveOutage(stage, team)
  say('the database was locked, and Proxmox went away')
  return {
    metricsUrls: { api: team.api.metricsUrl },
    services: ['api'],
    traces: { 'a tenant starts a machine': own.traceId },
  }
}

async function start({ stack, open }: Stage): Promise<Team> {
  const { addresses } = stack
  const password = crypto.randomUUID()
  const token = `platform@pve!api=${crypto.randomUUID()}`
  const program = async (
    name: string,
    script: string,
    variables: Readonly<Record<string, string>>,
  ): Promise<Service> => open.use(await startProgram(addresses, { name, script, variables }))

  const keycloak = await program('keycloak', 'keycloak/server.ts', { USERS_PASSWORD: password })
  const proxmox = await program('proxmox', 'proxmox/server.ts', { PROXMOX_TOKEN: token })
  const databaseUrl = await stack.createDatabase('platform')
  const api = await program('api', 'src/server.ts', {
    DATABASE_URL: databaseUrl,
    KEYCLOAK_URL: keycloak.url,
    PROXMOX_URL: proxmox.url,
    PROXMOX_TOKEN: token,
    DATABASE_POOL_MAX: String(CONNECTIONS),
    WATCH_INTERVAL_MILLIS: '500',
  })
  for (const [job, { metricsUrl }] of Object.entries({ 'sankofa-api': api, proxmox })) {
    stack.scrape(job, { address: new URL(metricsUrl).host, labels: { job } })
  }
  const inProxmox = createProxmoxClient(proxmox, token)
  return { api, proxmox, inProxmox, databaseUrl, password, ...(await logAllIn(api, password)) }
}
