import { hash } from 'node:crypto'

/** SHA-256 of nothing: the root of an empty tree. */
const EMPTY = hash('sha256', '', 'buffer')

/** RFC 6962: the hash of a leaf. */
export function toLeaf(entry: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(entry.length + 1)
  bytes[0] = 0
  bytes.set(entry, 1)
  return hash('sha256', bytes, 'buffer')
}

/**
 * A tree that grows: it keeps one root for each complete subtree, as a binary counter keeps its ones.
 *
 * The root is RFC 6962's: the complete subtrees, largest first, are joined from the right.
 */
export class MerkleTree {
  size = 0
  readonly #complete: (Buffer | undefined)[] = []

  append(leaf: Buffer): void {
    let node = leaf
    let level = 0
    for (; this.#complete[level]; level += 1) {
      node = join(this.#complete[level]!, node)
      this.#complete[level] = undefined
    }
    this.#complete[level] = node
    this.size += 1
  }

  root(): Buffer {
    let root: Buffer | undefined
    for (const node of this.#complete) {
      if (node) root = root ? join(node, root) : node
    }
    return root ?? EMPTY
  }
}

function join(left: Buffer, right: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(1 + left.length + right.length)
  bytes[0] = 1
  bytes.set(left, 1)
  bytes.set(right, 1 + left.length)
  return hash('sha256', bytes, 'buffer')
}
