import { hash } from 'node:crypto'

/** Bytes of one SHA-256. */
export const HASH_BYTES = 32

/** SHA-256 of nothing: the root of an empty tree (RFC 6962, 2.1). */
export const EMPTY_ROOT: Buffer = sha256(Buffer.alloc(0))

/** SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer')
}

/** RFC 6962's hash of a leaf: SHA-256(0x00 ‖ entry). */
export function hashLeaf(entry: Uint8Array): Buffer {
  const prefixed = Buffer.allocUnsafe(entry.length + 1)
  prefixed[0] = 0
  prefixed.set(entry, 1)
  return sha256(prefixed)
}

const node = Buffer.alloc(1 + 2 * HASH_BYTES)
node[0] = 1

/** RFC 6962's hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1)
  node.set(right, 1 + HASH_BYTES)
  return sha256(node)
}

/** A tree that grows leaf by leaf and keeps only the roots of its whole subtrees: one per bit of its size. */
export class GrowingTree {
  readonly #roots: Buffer[]
  #size: number

  /** @param roots - of an earlier tree of `size` leaves, the largest first, as {@link roots} gave them */
  constructor(size = 0, roots: readonly Buffer[] = []) {
    this.#size = size
    this.#roots = [...roots]
  }

  get size(): number {
    return this.#size
  }

  get roots(): readonly Buffer[] {
    return this.#roots
  }

  add(leafHash: Buffer): void {
    let subtree = leafHash
    let size = this.#size
    while (size % 2 === 1) {
      subtree = hashChildren(this.#roots.pop()!, subtree)
      size = (size - 1) / 2
    }
    this.#roots.push(subtree)
    this.#size += 1
  }

  root(): Buffer {
    if (this.#roots.length === 0) return EMPTY_ROOT
    return this.#roots.reduceRight((right, left) => hashChildren(left, right))
  }
}

/** The root over leaf hashes that stand one after the other. */
export function rootOf(leaves: Buffer): Buffer {
  const tree = new GrowingTree()
  for (let at = 0; at < leaves.length; at += HASH_BYTES) {
    tree.add(leaves.subarray(at, at + HASH_BYTES))
  }
  return tree.root()
}

/** RFC 6962's audit path of one leaf (2.1.1), the lowest sibling first. */
export function inclusionPath(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length <= 1) return []
  let half = 1
  while (half * 2 < leaves.length) half *= 2
  const [left, right] = [leaves.slice(0, half), leaves.slice(half)]
  return index < half
    ? [...inclusionPath(left, index), rootOf(Buffer.concat(right))]
    : [...inclusionPath(right, index - half), rootOf(Buffer.concat(left))]
}

/**
 * The root that follows from a leaf and its path (RFC 9162, 2.1.3.2).
 *
 * @returns nothing when the path cannot be one of that leaf in a tree of that size
 */
export function rootFromPath(
  leafHash: Buffer,
  index: number,
  size: number,
  path: readonly Buffer[],
): Buffer | undefined {
  if (index >= size) return undefined
  let root = leafHash
  let [place, last] = [index, size - 1]
  for (const sibling of path) {
    if (last === 0) return undefined
    if (place % 2 === 1 || place === last) {
      root = hashChildren(sibling, root)
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)]
    } else root = hashChildren(root, sibling)
    ;[place, last] = [half(place), half(last)]
  }
  return last === 0 ? root : undefined
}

/** Not a shift: sizes may be larger than 32 bits. */
function half(number: number): number {
  return Math.floor(number / 2)
}
