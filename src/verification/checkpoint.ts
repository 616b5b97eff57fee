import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import { checkpointKeyId } from './checkpoint-key.ts'
import { HASH_BYTES, sha256 } from './merkle.ts'

/** A public key that checkpoints may be signed by. */
export interface VerifierKey {
  readonly name: string
  readonly id: Buffer
  readonly publicKey: KeyObject
}

/** What a checkpoint says, whoever signed it. */
export interface Checkpoint {
  readonly sealer: string
  readonly size: number
  readonly root: Buffer
  /** Base64 of SHA-256 of the note before it in its log, or `-`. */
  readonly previous: string
  /** Unix milliseconds. */
  readonly time: number
  readonly intervalSeconds: number
  readonly state: 'open' | 'closed'
}

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const NOTE = new RegExp(
  `^telltale/(?<sealer>${UUID})\\n(?<size>0|[1-9][0-9]{0,15})\\n(?<root>[A-Za-z0-9+/]{43}=)\\n` +
    `previous (?<previous>-|[A-Za-z0-9+/]{43}=)\\n` +
    `time (?<time>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)\\n` +
    `interval (?<interval>[0-9]+(?:\\.[0-9]+)?)\\nstate (?<state>open|closed)\\n\\n(?<signatures>(?:— [^\\n]+\\n)+)$`,
)

/** Reads a checkpoint; nothing when the text is none. */
export function parseCheckpoint(note: string): Checkpoint | undefined {
  const found = NOTE.exec(note)?.groups
  if (!found) return undefined
  const root = Buffer.from(found['root']!, 'base64')
  const size = Number(found['size'])
  const time = Date.parse(found['time']!)
  if (root.length !== HASH_BYTES || !Number.isSafeInteger(size) || !Number.isFinite(time)) {
    return undefined
  }
  return {
    sealer: found['sealer']!,
    size,
    root,
    previous: found['previous']!,
    time,
    intervalSeconds: Number(found['interval']),
    state: found['state'] as 'open' | 'closed',
  }
}

/** What the checkpoint after this one must name as `previous`. */
export function noteHash(note: string): string {
  return sha256(Buffer.from(note)).toString('base64')
}

/** Whether one of the note's signatures is right and by one of the keys. */
export function isSigned(note: string, keys: readonly VerifierKey[]): boolean {
  const end = note.indexOf('\n\n') + 1
  if (end === 0) return false
  const text = Buffer.from(note.slice(0, end))
  return note
    .slice(end + 1)
    .split('\n')
    .some((line) => {
      const [, name, encoded] = /^— (\S+) (\S+)$/.exec(line) ?? []
      if (name === undefined || encoded === undefined) return false
      const bytes = Buffer.from(encoded, 'base64')
      return keys.some(
        (key) =>
          key.name === name &&
          bytes.length === 68 &&
          bytes.subarray(0, 4).equals(key.id) &&
          verify(null, text, key.publicKey, bytes.subarray(4)),
      )
    })
}

/**
 * Reads verifier keys, one per line.
 *
 * @throws {Error} naming the line that is none
 * @see https://c2sp.org/signed-note
 */
export function parseVerifierKeys(text: string): VerifierKey[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map(parseVerifierKey)
}

function parseVerifierKey(line: string): VerifierKey {
  const [, name, id, encoded] = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  if (name === undefined || bytes.length !== 33 || bytes[0] !== 1) {
    throw new Error(
      `a public key must be a C2SP verifier key of Ed25519, <name>+<id>+<base64>; got ${JSON.stringify(line)}`,
    )
  }
  const publicKey = createPublicKey({
    format: 'jwk',
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') },
  })
  const expected = checkpointKeyId(name, publicKey)
  if (expected.toString('hex') !== id) {
    throw new Error(
      `the id of the public key ${name} must be ${expected.toString('hex')}; got ${id}`,
    )
  }
  return { name, id: expected, publicKey }
}
