import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toVerifierKey, writeCheckpointKey } from '../../../src/verification/checkpoint-key.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'telltale-key-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the verifier key is the one of the signed note specification', () => {
  // The example key of golang.org/x/mod/sumdb/note: the same format, from another implementation.
  const bytes = Buffer.from(
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'.split('+')[2]!,
    'base64',
  )
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') },
    format: 'jwk',
  })

  expect(toVerifierKey('PeterNeumann', publicKey)).toBe(
    'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  )
})

test('what the private key signs, the public one of the verifier key verifies', async () => {
  const written = await writeCheckpointKey(join(folder, 'keys'), 'trail-1')

  const privateKey = createPrivateKey(readFileSync(written.privateKeyFile, 'utf8'))
  // Base64 has the sign that stands between the parts.
  const [name, , ...key] = written.verifierKey.split('+')
  const raw = Buffer.from(key.join('+'), 'base64')
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') },
    format: 'jwk',
  })
  expect(name).toBe('trail-1')
  expect([raw.length, raw[0]]).toEqual([33, 1])
  const note = Buffer.from('a note')
  expect(verify(null, note, publicKey, sign(null, note, privateKey))).toBe(true)
  expect(statSync(written.privateKeyFile).mode & 0o777).toBe(0o600)
})

test('a second key is appended to public.key, and a private key is never overwritten', async () => {
  const first = await writeCheckpointKey(folder, 'first')
  const second = await writeCheckpointKey(folder, 'second')
  const before = readFileSync(first.privateKeyFile, 'utf8')

  await expect(writeCheckpointKey(folder, 'first')).rejects.toMatchObject({ code: 'EEXIST' })

  expect(readFileSync(first.privateKeyFile, 'utf8')).toBe(before)
  expect(readFileSync(second.publicKeyFile, 'utf8')).toBe(
    `${first.verifierKey}\n${second.verifierKey}\n`,
  )
})

test.each(['', 'a b', 'a+b', '../up', '-x', '.', 'ä'])('%j is refused as a name', async (name) => {
  await expect(writeCheckpointKey(folder, name)).rejects.toThrow('must match')
})
