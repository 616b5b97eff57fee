import { expect, test } from 'vitest'
import { nearestName } from '../../../src/config/nearest-name.ts'

const names = ['serviceName', 'serviceVersion', 'sampler', 'port', 'host']

test.each([
  ['servicename', 'serviceName'],
  ['serviceNmae', 'serviceName'],
  ['serviceVersions', 'serviceVersion'],
  ['samplers', 'sampler'],
  ['prt', 'port'],
  ['hosts', 'host'],
])('%s is nearest to %s', (given, expected) => {
  expect(nearestName(given, names)).toBe(expected)
})

test.each(['colour', 'x', '', 'serviceInstanceIdentifier', 'zzzz'])(
  '%j is near to nothing',
  (given) => {
    expect(nearestName(given, names)).toBeUndefined()
  },
)

test('a name that is right already is its own nearest', () => {
  expect(nearestName('port', names)).toBe('port')
})

test('of two equally near names the first counts', () => {
  expect(nearestName('cat', ['bat', 'hat'])).toBe('bat')
})

test('more than a third of the letters may not differ', () => {
  expect(nearestName('abcdef', ['abcdxy'])).toBe('abcdxy')
  expect(nearestName('abcdef', ['abcxyz'])).toBeUndefined()
})

test('without candidates there is no nearest', () => {
  expect(nearestName('port', [])).toBeUndefined()
})
