import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a new key was written. */
export interface WrittenCheckpointKey {
  /** PKCS #8 PEM, mode 0600. */
  readonly privateKeyFile: string
  /** One verifier key per line, the newest last. */
  readonly publicKeyFile: string
  /** The line that was appended, without its newline. */
  readonly verifierKey: string
}

/** The first byte of a C2SP key that says Ed25519. */
const ED25519 = 0x01

/**
 * Makes an Ed25519 key for signing checkpoints: `<name>.pem`, and a line in `public.key`, both in `directory`.
 *
 * @param name - letters, digits, dots, dashes and underscores, at most 100
 * @throws {Error} with code `EEXIST` when there is a private key of this name: it is never overwritten
 * @see docs/design/audit.md section 8
 */
export async function writeCheckpointKey(
  directory: string,
  name: string,
): Promise<WrittenCheckpointKey> {
  // The name becomes a file name, and C2SP forbids white space and plus signs.
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/.test(name)) {
    throw new Error(
      `the name of a checkpoint key must match [A-Za-z0-9_][A-Za-z0-9._-]{0,99}; got ${JSON.stringify(name)}`,
    )
  }
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const privateKeyFile = join(directory, `${name}.pem`)
  const publicKeyFile = join(directory, 'public.key')
  const verifierKey = toVerifierKey(name, publicKey)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeSynced(
    privateKeyFile,
    'wx',
    0o600,
    privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  )
  try {
    await writeSynced(publicKeyFile, 'a', 0o644, `${verifierKey}\n`)
  } catch (error) {
    // A private key that nobody can check would only be in the way of the next attempt.
    await rm(privateKeyFile, { force: true })
    throw error
  }
  return { privateKeyFile, publicKeyFile, verifierKey }
}

/**
 * A public key as a C2SP verifier key: `<name>+<id>+<base64>`.
 *
 * @see https://c2sp.org/signed-note
 */
export function toVerifierKey(name: string, publicKey: KeyObject): string {
  const key = encodedKey(publicKey)
  return `${name}+${checkpointKeyId(name, publicKey).toString('hex')}+${key.toString('base64')}`
}

/** The four bytes by which a signature names its key: the start of SHA-256(name ‖ newline ‖ key). */
export function checkpointKeyId(name: string, publicKey: KeyObject): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(encodedKey(publicKey))
    .digest()
    .subarray(0, 4)
}

/** The algorithm's byte, then the 32 bytes of the key. */
function encodedKey(publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' })
  return Buffer.concat([Buffer.of(ED25519), Buffer.from(x!, 'base64url')])
}

async function writeSynced(
  path: string,
  flags: 'wx' | 'a',
  mode: number,
  text: string,
): Promise<void> {
  const file = await open(path, flags, mode)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}
