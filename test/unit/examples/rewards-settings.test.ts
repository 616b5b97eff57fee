import { expect, test } from 'vitest'
import { readSettings } from '../../../examples/rewards-api/src/settings.ts'
import { createUuidV7 } from '../../../examples/rewards-api/src/uuid-v7.ts'

const complete = {
  DATABASE_URL: 'postgres://localhost/rewards',
  REDIS_URL: 'redis://localhost',
  CHAIN_URL: 'http://localhost:8000/rpc',
  JWT_PUBLIC_KEY: '{"kty":"OKP","crv":"Ed25519","x":"AA"}',
}

test('what is not set has its default', () => {
  expect(readSettings(complete)).toMatchObject({ HOST: '127.0.0.1', PORT: 3000, LOG_LEVEL: 'info' })
})

test('every setting that cannot be used is named at once, and no value that may hold a password', () => {
  expect(() =>
    readSettings({
      ...complete,
      PORT: '70000',
      DATABASE_URL: 'mysql://user:secret@localhost',
      REDIS_URL: '',
      JWT_PUBLIC_KEY: '{"kty":"OKP","d":"AA"}',
    }),
  ).toThrow(
    [
      'PORT: must be a whole number from 0 to 65535; got "70000"',
      'DATABASE_URL: must be a URL that starts with postgres:// or postgresql://',
      'REDIS_URL: must be set',
      'JWT_PUBLIC_KEY: must be a public key as JWK ("kty" given, private part "d" not)',
    ].join('\n'),
  )
})

test('a record id is a UUID of version 7 that starts with its time', () => {
  const id = createUuidV7(0x0123_4567_89ab)

  expect(id).toMatch(/^01234567-89ab-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})
