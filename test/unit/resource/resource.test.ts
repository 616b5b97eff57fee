import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { settle, type Environment } from '../../../src/config/settle.ts'
import { resourceSettings, type ResourceOptions } from '../../../src/resource/options.ts'
import { findPackageJson } from '../../../src/resource/package-json.ts'
import { describeResource, type Application } from '../../../src/resource/resource.ts'

const application: Application = {
  packageJson: {
    path: '/srv/shop/package.json',
    name: 'from-package',
    version: '3.2.1',
    dependencies: [],
  },
}
const nameless: Application = { packageJson: undefined }

function describeWith(
  options: ResourceOptions,
  environment: Environment = {},
  running: Application = application,
) {
  const findings = { problems: [] as string[], warnings: [] as string[] }
  const settings = settle('', resourceSettings, options, environment, findings)
  expect(findings).toEqual({ problems: [], warnings: [] })
  return describeResource(settings, running, { version: '0.1.0' })
}

describe('the name of the service', () => {
  const inAttributes = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=from-attributes' }

  test.each<[string, ResourceOptions, Environment, string]>([
    [
      'the option wins over OTEL_SERVICE_NAME',
      { serviceName: 'from-code' },
      { OTEL_SERVICE_NAME: 'from-name' },
      'from-code',
    ],
    [
      'OTEL_SERVICE_NAME wins over OTEL_RESOURCE_ATTRIBUTES',
      {},
      { OTEL_SERVICE_NAME: 'from-name', ...inAttributes },
      'from-name',
    ],
    ['OTEL_RESOURCE_ATTRIBUTES wins over package.json', {}, inAttributes, 'from-attributes'],
  ])('%s, and there is no warning', (_title, options, environment, expected) => {
    const { attributes, warnings } = describeWith(options, environment)

    expect(attributes['service.name']).toBe(expected)
    expect(warnings).toEqual([])
  })

  test('that comes from package.json is a warning with the file and the way out', () => {
    const { attributes, warnings } = describeWith({})

    expect(attributes['service.name']).toBe('from-package')
    expect(warnings).toEqual([
      'service.name is "from-package", the name in /srv/shop/package.json; set OTEL_SERVICE_NAME to choose it',
    ])
  })

  test.each([
    ['without package.json', nameless],
    [
      'with a package.json without a name',
      { packageJson: { path: '/srv/package.json', dependencies: [] } },
    ],
  ])('%s is unknown, and that is a warning', (_title, running) => {
    const { attributes, warnings } = describeWith({}, {}, running)

    expect(attributes['service.name']).toBe('unknown_service:node')
    expect(warnings).toEqual(['service.name is "unknown_service:node"; set OTEL_SERVICE_NAME'])
  })
})

describe('the version of the service', () => {
  test.each<[string, ResourceOptions, Environment, string]>([
    ['the option', { serviceVersion: '1' }, { TELLTALE_SERVICE_VERSION: '2' }, '1'],
    [
      'the variable',
      {},
      { TELLTALE_SERVICE_VERSION: '2', OTEL_RESOURCE_ATTRIBUTES: 'service.version=3' },
      '2',
    ],
    ['the resource attributes', {}, { OTEL_RESOURCE_ATTRIBUTES: 'service.version=3' }, '3'],
    ['package.json', {}, {}, '3.2.1'],
  ])('comes from %s', (_title, options, environment, expected) => {
    expect(describeWith(options, environment).attributes['service.version']).toBe(expected)
  })

  test('is missing when nobody knows it', () => {
    expect(describeWith({}, {}, nameless).attributes).not.toHaveProperty('service.version')
  })
})

describe('the instance of the service', () => {
  test('is a UUID of its own each time', () => {
    const ids = [describeWith({}), describeWith({})].map(
      ({ attributes }) => attributes['service.instance.id'],
    )

    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/)
    expect(ids[0]).not.toBe(ids[1])
  })

  test('can be given, by option or by attribute', () => {
    const byOption = describeWith({ serviceInstanceId: 'pod-1' })
    const byAttribute = describeWith({ resourceAttributes: { 'service.instance.id': 'pod-2' } })

    expect(byOption.attributes['service.instance.id']).toBe('pod-1')
    expect(byAttribute.attributes['service.instance.id']).toBe('pod-2')
  })
})

test('the deployment environment has the name of the semantic conventions', () => {
  expect(describeWith({ deploymentEnvironment: 'staging' }).attributes).toMatchObject({
    'deployment.environment.name': 'staging',
  })
  expect(describeWith({}).attributes).not.toHaveProperty('deployment.environment.name')
})

test('further attributes are kept, and the distribution names itself', () => {
  const { attributes } = describeWith(
    {},
    { OTEL_RESOURCE_ATTRIBUTES: 'team=blue,region=eu%2Cwest' },
  )

  expect(attributes).toMatchObject({
    team: 'blue',
    region: 'eu,west',
    'telemetry.distro.name': 'telltale',
    'telemetry.distro.version': '0.1.0',
  })
})

describe('detectors', () => {
  test('host, os and process speak unless told otherwise', () => {
    expect(describeWith({}).attributes).toMatchObject({
      'host.name': hostname(),
      'os.type': expect.any(String),
      'process.pid': process.pid,
      'process.runtime.name': 'nodejs',
    })
  })

  test.each([
    [['none'], []],
    [['host'], ['host.name']],
    [
      ['host', 'process'],
      ['host.name', 'process.pid'],
    ],
    [['all'], ['host.name', 'os.type', 'process.pid']],
    [['host', 'none'], []],
    [[], []],
  ])('%j finds %j', (resourceDetectors, expected) => {
    const { attributes } = describeWith({ resourceDetectors })

    expect(['host.name', 'os.type', 'process.pid'].filter((name) => name in attributes)).toEqual(
      expected,
    )
  })

  test('an attribute that is given wins over what is detected', () => {
    const { attributes } = describeWith({ resourceAttributes: { 'host.name': 'given' } })

    expect(attributes['host.name']).toBe('given')
  })
})

describe('the nearest package.json', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'telltale-package-'))
    await mkdir(join(folder, 'dist/deep'), { recursive: true })
    await mkdir(join(folder, 'broken/deep'), { recursive: true })
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({
        name: 'shop',
        version: '1.0.0',
        dependencies: { fastify: '5' },
        optionalDependencies: { pg: '8' },
        devDependencies: { vitest: '5' },
      }),
    )
    await writeFile(join(folder, 'broken/package.json'), '{ "name": ')
  })
  afterAll(() => rm(folder, { recursive: true }))

  const shop = () => ({
    path: join(folder, 'package.json'),
    name: 'shop',
    version: '1.0.0',
    dependencies: ['fastify', 'pg'],
  })

  test('is the one in the folder itself, or the next above it', () => {
    expect(findPackageJson(folder)).toEqual(shop())
    expect(findPackageJson(join(folder, 'dist/deep'))).toEqual(shop())
  })

  test('names what is needed at run time, not for development', () => {
    expect(findPackageJson(folder)?.dependencies).not.toContain('vitest')
  })

  test('is not one that cannot be read', () => {
    expect(findPackageJson(join(folder, 'broken/deep'))).toEqual(shop())
  })
})
