import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCheckpointKey } from '../../src/verification/checkpoint-key.ts'

const KEY_NAME = 'telltale-stack'

/** The folder of the Collector's checkpoints and of the key to check them with. */
export function checkpointDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'checkpoints')
}

/** The file with the key that checks the checkpoints. */
export function checkpointPublicKeyFile(stateDirectory: string): string {
  return join(checkpointDirectory(stateDirectory), 'public.key')
}

/** The file with the key that signs them. It is not beside them: who copies the one must not get the other. */
export function checkpointKeyFile(stateDirectory: string): string {
  return join(keyDirectory(stateDirectory), `${KEY_NAME}.pem`)
}

/** Makes the keys of a new stack. */
export async function makeCheckpointKey(stateDirectory: string): Promise<void> {
  const { publicKeyFile } = await writeCheckpointKey(keyDirectory(stateDirectory), KEY_NAME)
  await copyFile(publicKeyFile, checkpointPublicKeyFile(stateDirectory))
}

function keyDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'checkpoint-key')
}
