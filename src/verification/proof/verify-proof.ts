import { type Checkpoint, isSigned, parseCheckpoint, type VerifierKey } from '../checkpoint.ts'
import { readVerifierKeys } from '../checkpoint-files.ts'
import { toColumns } from '../columns.ts'
import { EMPTY_ROOT, hashLeaf, rootFromPath, sha256 } from '../merkle.ts'
import { toTimeText } from '../problems.ts'
import { tryEvidence } from '../record-checks.ts'
import type { SealHeader } from '../rows.ts'
import { leafOfRecord, toSealText } from '../seal.ts'
import type { Proof, ProofVerdict } from './proof.ts'

/**
 * Checks a proof as it stands in a file.
 *
 * @param publicKeys - files of C2SP verifier keys
 * @throws {Error} when it is no proof at all
 */
export async function verifyProofText(
  text: string,
  publicKeys: readonly string[],
): Promise<ProofVerdict> {
  return verifyProof(parseProof(text), await readVerifierKeys(publicKeys))
}

/** Checks a proof with nothing but the public keys. */
export function verifyProof(proof: Proof, keys: readonly VerifierKey[]): ProofVerdict {
  const problems: string[] = []
  const { recordId } = proof.record
  const seal = parseSeal(proof.seal)
  const checkpoint = parseCheckpoint(proof.checkpoint)
  if (!isSigned(proof.checkpoint, keys)) {
    problems.push('the checkpoint has no valid signature by one of the given keys')
  }
  if (!seal) problems.push('the seal is no text of a seal')
  if (!checkpoint) problems.push('the checkpoint is none')
  if (seal && checkpoint) problems.push(...checkPaths(proof, seal, checkpoint))
  problems.push(...checkEvidence(proof))
  return {
    verdict: problems.length === 0 ? 'green' : 'red',
    recordId,
    recordedAt: seal ? toTimeText(seal.recordedAt) : null,
    attestedAt: checkpoint ? new Date(checkpoint.time).toISOString() : null,
    problems,
  }
}

function checkEvidence({ record }: Proof): string[] {
  const { evidence, fault } = tryEvidence(Buffer.from(record.evidence))
  if (!evidence) return [`the evidence is not as the format has it: ${fault}`]
  return toColumns(evidence).recordId === record.recordId
    ? []
    : ['the evidence is that of another record']
}

function checkPaths(
  { record, leaf, log, seal: text }: Proof,
  seal: SealHeader,
  checkpoint: Checkpoint,
): string[] {
  const problems: string[] = []
  const leafHash = leafOfRecord({
    ...record,
    hash: sha256(Buffer.from(record.evidence)).toString('hex'),
  })
  const root = rootFromPath(leafHash, leaf.index, seal.leafCount, toHashes(leaf.path))
  if (!root?.equals(seal.root)) problems.push('the record is not in the seal')
  if (checkpoint.sealer !== seal.sealer) problems.push('the seal is of another log')
  const logRoot = rootFromPath(hashLeaf(Buffer.from(text)), seal.seal, log.size, toHashes(log.path))
  if (log.size !== checkpoint.size || !logRoot?.equals(checkpoint.root)) {
    problems.push('the seal is not in the log that the checkpoint was signed for')
  }
  return problems
}

function parseProof(text: string): Proof {
  const proof = JSON.parse(text) as Proof
  const { record, leaf, log } = proof
  const isProof =
    proof.format === 'telltale-proof/1' &&
    [record?.recordId, record?.evidence, record?.evidenceBy, proof.seal, proof.checkpoint].every(
      isText,
    ) &&
    (record.ingestedBy === null || isText(record.ingestedBy)) &&
    [leaf?.path, log?.path].every(isPath) &&
    [leaf.index, log.size].every((each) => Number.isSafeInteger(each) && each >= 0)
  if (!isProof)
    throw new Error('the proof must be of format telltale-proof/1, with all its members')
  return proof
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function isPath(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText)
}

function toHashes(path: readonly string[]): Buffer[] {
  return path.map((hash) => Buffer.from(hash, 'base64'))
}

/** Reads the text of a seal; nothing when the text is none. */
export function parseSeal(text: string): SealHeader | undefined {
  const [, sealer, seal, leafCount, recordedAt, root] = text.split('\n')
  if (!/^[0-9]{1,15}$/.test(seal ?? '') || !/^-?[0-9]{1,18}$/.test(recordedAt ?? ''))
    return undefined
  const header: SealHeader = {
    sealer: sealer!,
    seal: Number(seal),
    leafCount: Number(leafCount),
    recordedAt: BigInt(recordedAt!),
    root: Buffer.from(root ?? '', 'base64'),
  }
  // Whatever was lost in reading would be missing here.
  const isExact = header.root.length === EMPTY_ROOT.length && toSealText(header) === text
  return isExact ? header : undefined
}
