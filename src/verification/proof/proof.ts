/** That one record is in a trail, in one JSON file: nothing else is needed to check it but the public key. */
export interface Proof {
  readonly format: 'telltale-proof/1'
  readonly record: {
    readonly recordId: string
    /** The evidence, byte for byte, as text. */
    readonly evidence: string
    readonly evidenceBy: string
    readonly ingestedBy: string | null
  }
  /** The record's leaf in its seal; the path is base64, the lowest sibling first. */
  readonly leaf: { readonly index: number; readonly path: readonly string[] }
  /** The text of the seal. */
  readonly seal: string
  /** The seal in the log of its sealer, at the size of the checkpoint. */
  readonly log: { readonly size: number; readonly path: readonly string[] }
  /** The C2SP signed note. */
  readonly checkpoint: string
}

/** What a proof came to. */
export interface ProofVerdict {
  readonly verdict: 'green' | 'red'
  readonly recordId: string
  /** When the database took the record, RFC 3339. */
  readonly recordedAt: string | null
  /** When the checkpoint was signed, RFC 3339. */
  readonly attestedAt: string | null
  /** What does not hold; empty when the proof is right. */
  readonly problems: readonly string[]
}
