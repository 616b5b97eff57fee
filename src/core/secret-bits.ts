/** What a text may contain, as bits: each stands for a search that is then worth its time. */
export const MAY_HAVE = {
  jwt: 1,
  scheme: 2,
  awsKeyId: 4,
  awsSecret: 8,
  privateKey: 16,
  url: 32,
  pair: 64,
  token: 128,
  card: 256,
  webhook: 512,
  signature: 1_024,
  option: 2_048,
  element: 4_096,
  jwk: 8_192,
  encodedPair: 16_384,
  statement: 32_768,
} as const
