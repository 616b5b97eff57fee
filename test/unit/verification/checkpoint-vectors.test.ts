import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { toVerifierKey } from '../../../src/verification/checkpoint-key.ts'
import {
  isSigned,
  noteHash,
  parseCheckpoint,
  parseVerifierKeys,
} from '../../../src/verification/checkpoint.ts'
import { GrowingTree, hashLeaf } from '../../../src/verification/merkle.ts'

interface Vectors {
  readonly name: string
  readonly privateKey: string
  readonly verifierKey: string
  readonly log: readonly {
    readonly sealer: string
    readonly size: number
    readonly root: string
    readonly previous: string
    readonly time: string
    readonly intervalSeconds: number
    readonly state: string
    readonly note: string
    readonly line: string
  }[]
  readonly refused: readonly { readonly why: string; readonly note: string }[]
  readonly entries: { readonly texts: readonly string[] }
}

// Written by the tests of the Collector's exporter, which is another implementation in another language.
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/checkpoint-vectors.json', import.meta.url), 'utf8'),
)
const keys = parseVerifierKeys(vectors.verifierKey)

test('the verifier key of the private key is the one that the Collector made', () => {
  const publicKey = createPublicKey(createPrivateKey(vectors.privateKey))

  expect(toVerifierKey(vectors.name, publicKey)).toBe(vectors.verifierKey)
})

test.each(vectors.log)('the checkpoint of size $size, $state, says what was meant', (vector) => {
  const { sealer, size, root, previous, time, intervalSeconds, state, note, line } = vector

  expect(JSON.parse(line)).toEqual({ checkpoint: note })
  expect(isSigned(note, keys)).toBe(true)
  expect(parseCheckpoint(note)).toEqual({
    sealer,
    size,
    root: Buffer.from(root, 'base64'),
    previous,
    time: Date.parse(time),
    intervalSeconds,
    state,
  })
})

test('each checkpoint names the one before it and has the root of its seals', () => {
  const tree = new GrowingTree()
  let before = '-'
  for (const { size, root, previous, note } of vectors.log) {
    for (const text of vectors.entries.texts.slice(tree.size, size)) {
      tree.add(hashLeaf(Buffer.from(text)))
    }
    expect(tree.size).toBe(size)
    expect(tree.root().toString('base64')).toBe(root)
    expect(previous).toBe(before)
    before = noteHash(note)
  }
})

test.each(vectors.refused)('a note is not taken when $why', ({ note }) => {
  expect(parseCheckpoint(note) !== undefined && isSigned(note, keys)).toBe(false)
})
