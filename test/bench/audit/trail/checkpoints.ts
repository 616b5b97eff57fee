import { generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto'

/** Signs the logs of a synthetic trail: docs/design/audit.md, section 8. */
export interface CheckpointSigner {
  /** The C2SP verifier key. */
  readonly verifierKey: string
  /** A note that ends a log. */
  close(log: { sealerId: string; size: number; root: Buffer; timeMillis: number }): string
}

const NAME = 'bench'
const ED25519 = Buffer.from([1])

/** Makes a signer with a key of its own. */
export function createSigner(): CheckpointSigner {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  // The last 32 bytes of the DER form are the key itself.
  const rawKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)
  const keyId = hash(
    'sha256',
    Buffer.concat([Buffer.from(`${NAME}\n`), ED25519, rawKey]),
    'buffer',
  ).subarray(0, 4)
  return {
    verifierKey: `${NAME}+${keyId.toString('hex')}+${Buffer.concat([ED25519, rawKey]).toString('base64')}`,
    close: ({ sealerId, size, root, timeMillis }) => {
      const lines = [
        `telltale/${sealerId}`,
        size,
        root.toString('base64'),
        'previous -',
        `time ${new Date(timeMillis).toISOString()}`,
        'interval 5',
        'state closed',
      ]
      const text = `${lines.join('\n')}\n`
      return `${text}\n— ${NAME} ${toSignature(text, privateKey, keyId)}\n`
    },
  }
}

function toSignature(text: string, key: KeyObject, keyId: Uint8Array): string {
  return Buffer.concat([keyId, sign(null, Buffer.from(text), key)]).toString('base64')
}
