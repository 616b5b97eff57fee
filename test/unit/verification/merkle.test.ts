import * as fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  GrowingTree,
  hashLeaf,
  inclusionPath,
  rootFromPath,
  rootOf,
} from '../../../src/verification/merkle.ts'
import {
  leafOfConflict,
  leafOfQuarantine,
  leafOfRecord,
  toSealText,
} from '../../../src/verification/seal.ts'
import { sha256 } from '../../support/audit/reference-evidence.ts'
import { referenceRoot } from '../../support/audit/reference-seal.ts'

const vectors = JSON.parse(
  readFileSync(new URL('../../fixtures/audit/seal-vectors.json', import.meta.url), 'utf8'),
) as {
  readonly rows: readonly Record<string, string>[]
  readonly seals: readonly {
    readonly sealerId: string
    readonly number: number
    readonly leaves: readonly string[]
    readonly recordedAtMicros: string
    readonly root: string
    readonly text: string
  }[]
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => hashLeaf(Buffer.from([index, index >> 8])))

test('a tree that grows has at each size the root of the specification', () => {
  const leaves = leavesOf(70)
  const tree = new GrowingTree()
  for (const [index, leaf] of leaves.entries()) {
    expect(tree.root()).toEqual(referenceRoot(leaves.slice(0, index)))
    tree.add(leaf)
  }
  expect(rootOf(Buffer.concat(leaves))).toEqual(referenceRoot(leaves))
})

test('a tree goes on from the roots that an earlier one left', () => {
  const leaves = leavesOf(50)
  const first = new GrowingTree()
  for (const leaf of leaves.slice(0, 23)) first.add(leaf)
  const second = new GrowingTree(first.size, first.roots)
  for (const leaf of leaves.slice(23)) second.add(leaf)

  expect(second.root()).toEqual(referenceRoot(leaves))
})

test('a path proves its own leaf at its own place, and no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, one, step) => {
      const leaves = leavesOf(size)
      const root = referenceRoot(leaves)
      const index = one % size
      const wrong = (index + 1 + (step % (size - 1))) % size
      const path = inclusionPath(leaves, index)

      expect(rootFromPath(leaves[index]!, index, size, path)).toEqual(root)
      expect(rootFromPath(leaves[wrong]!, index, size, path)).not.toEqual(root)
      expect(rootFromPath(leaves[index]!, wrong, size, path)).not.toEqual(root)
      expect(rootFromPath(leaves[index]!, index, size, [...path, root])).toBeUndefined()
      expect(rootFromPath(leaves[index]!, size, size, path)).toBeUndefined()
    }),
  )
  expect(rootFromPath(leavesOf(1)[0]!, 0, 1, [])).toEqual(referenceRoot(leavesOf(1)))
}, 60_000)

test.each(vectors.rows)('the leaf of a row is that of the vectors: $table, $ingestedBy', (row) => {
  const given = { ...row, ingestedBy: row['ingestedBy'] ?? null } as never
  const leaf =
    row['table'] === 'records'
      ? leafOfRecord(given)
      : row['table'] === 'conflicts'
        ? leafOfConflict(given)
        : leafOfQuarantine({
            ...(given as object),
            rawHash: sha256(Buffer.from(row['raw']!, 'hex')),
          } as never)

  expect(leaf.toString('hex')).toBe(row['leaf'])
})

test.each(vectors.seals)('the text of a seal is that of the vectors: number $number', (seal) => {
  const leaves = seal.leaves.map((leaf) => Buffer.from(leaf, 'hex'))
  const text = toSealText({
    sealer: seal.sealerId,
    seal: seal.number,
    leafCount: leaves.length,
    recordedAt: BigInt(seal.recordedAtMicros),
    root: rootOf(Buffer.concat(leaves)),
  })

  expect(text).toBe(seal.text)
})
