import { REDACTED } from './redacted.ts'
import { MAY_HAVE } from './secret-bits.ts'
import { replaceCards } from './secret-cards.ts'
import { replaceOptions } from './secret-commands.ts'
import { replaceEncoded } from './secret-encoded.ts'
import { replaceHeaders } from './secret-headers.ts'
import { replaceNamedValues } from './secret-named-values.ts'
import { replacePairs } from './secret-pairs.ts'
import { replaceSchemes } from './secret-schemes.ts'
import { WORD_START } from './secret-starts.ts'
import { replaceTokens } from './secret-tokens.ts'

/** A form by which secrets are known wherever they stand. */
export interface SecretShape {
  /** What {@link scanForSecrets} says when the shape is worth looking for. */
  readonly bit: number
  /** For the reference. */
  readonly about: string
  /** The text without them; the same one when there are none. */
  readonly replace: (text: string, isSecretName: (name: string) => boolean) => string
}

/**
 * Private keys in PEM, whole or cut off. Everything up to the end counts: what follows a key without an end may be of it.
 */
const PRIVATE_KEY =
  /-{4,5} ?BEGIN(?: |\+|%20)[A-Z0-9 +%]{0,40}PRIVATE(?: |\+|%20)KEY(?: BLOCK)? ?-{4,5}(?:(?!-{4} ?END|-{5}END)[^])*(?:-{4,5} ?END[A-Z0-9 +%]{0,44}KEY(?: BLOCK)? ?-{4,5})?/g

/**
 * The password of a URL; the host behind it stays. First one that may have any sign in it, as people write them who do not know
 * that `/`, `?` and `#` must be encoded: it ends at the first `@` behind which there is a host, and a port is none.
 */
const URL_PASSWORD = new RegExp(
  '(://[^\\s/?#@:"\'<>[]*:)(?:(?!\\d{1,5}(?:[/?#,\\s]|$))[^\\s"\'<>]{0,256}?@(?=' +
    '(?:\\[[\\da-fA-F:.]{2,45}\\]|[\\w.%-]{1,255})(?:(?![\\w.%@:-])|:\\d{0,5}(?![\\w@%]))' +
    ')|[^\\s/?#"\'<>]*@)',
  'g',
)

/** Addresses whose path is the secret: those of Slack at any host, of messages and of workflows, Discord's and those of Teams. */
const WEBHOOK = new RegExp(
  `(?:https?://[^\\s/"'<>]{1,255})?/(?:${[
    'services/T[A-Z0-9]{2,}/B[A-Z0-9]{2,}/[A-Za-z0-9]{6,}',
    'workflows/T[A-Z0-9]{2,}/A[A-Z0-9]{2,}/\\d{6,}/[A-Za-z0-9]{6,}',
    'triggers/[TE][A-Z0-9]{2,}/\\d{6,}/[A-Za-z0-9]{6,}',
    'api/(?:v\\d{1,2}/)?webhooks/\\d{6,}/[\\w-]{20,}',
    'webhookb2/[^\\s"\'<>]{1,255}?/IncomingWebhook/[A-Za-z0-9]{16,}(?:/[\\w-]{1,255}){0,3}',
  ].join('|')})`,
  'g',
)

/** Private keys and certificates begin so in base64. */
const ENCODED_KEY = /LS0tLS1CRUdJTi[A-Za-z\d+/]{27,}={0,2}/g

/** The version byte of a seed, then its 32 bytes and a checksum, in base32 (SEP-23). */
const SEED = new RegExp(`${WORD_START}S[A-D][A-Z2-7]{54}(?![A-Za-z0-9])`, 'g')

/** They begin with the base64 of `{"`; encrypted ones have five parts, of which the second may be empty. */
const JWT =
  /(?:(?<=%[\dA-Fa-f]{2})|(?<![A-Za-z0-9-]))eyJ[\w-]{4,}\.(?:[\w-]{4,}\.[\w-]*(?:\.[\w-]+\.[\w-]+)?|\.[\w-]+\.[\w-]+\.[\w-]+)/g

const AWS_KEY_ID = new RegExp(`${WORD_START}A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])`, 'g')
const AWS_SECRET = /(?<![\w+/-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g

/** Signatures of addresses that whoever has them may use. */
const SIGNATURE = /([?&](?:sig|(?:X-(?:Amz|Goog)-)?Signature)=)[^&\s"'<>]{16,}/gi

/** `<password>…</password>` */
const ELEMENT =
  /<([\w.:-]{1,64})(?:\s[^<>]{0,256})?>(<!\[CDATA\[[^<>]{1,4096}\]\]>|[^<>]{1,4096})(?=<\/)/g

/** The private parts of a JSON Web Key. */
const JWK = /(\\{0,3}"(?:d|p|q|dp|dq|qi|k)\\{0,3}"\s{0,3}:\s{0,3}\\{0,3}")[\w-]{16,}/g

/** `WITH PASSWORD '…'` */
const STATEMENT = /(\b(?:password|identified\s+by)\s{1,3}')[^']{1,256}'/gi

/** The shapes, in the order in which they are looked for: what is replaced first, no later one sees. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  {
    bit: MAY_HAVE.privateKey,
    about: 'private keys in PEM, of SSH and PGP, whole or cut off',
    replace: (text) => text.replace(PRIVATE_KEY, REDACTED),
  },
  {
    bit: MAY_HAVE.encodedKey,
    about: 'private keys in PEM that are in base64 once more, as a kubeconfig has them',
    replace: (text) =>
      text.replace(ENCODED_KEY, (found) => (isPrivateKey(found) ? REDACTED : found)),
  },
  {
    bit: MAY_HAVE.seed,
    about: 'secret seeds of Stellar (`S…`)',
    replace: (text) => text.replace(SEED, REDACTED),
  },
  {
    bit: MAY_HAVE.url,
    about: 'passwords in URLs of any scheme; user and host stay',
    replace: (text) => text.replace(URL_PASSWORD, `$1${REDACTED}@`),
  },
  {
    bit: MAY_HAVE.webhook,
    about: "addresses of Slack's webhooks, at any host, and of Discord's",
    replace: (text) => text.replace(WEBHOOK, REDACTED),
  },
  {
    bit: MAY_HAVE.scheme,
    about: 'what follows `Bearer`, and `user:password` behind `Basic`',
    replace: replaceSchemes,
  },
  {
    bit: MAY_HAVE.jwt,
    about: 'JSON Web Tokens',
    replace: (text) => text.replace(JWT, REDACTED),
  },
  {
    bit: MAY_HAVE.pair,
    about:
      'values beside the name of a secret: `password=…`, `?token=…`, `"apiKey": "…"`, `Cookie: …`. Behind a colon and a space only what is quoted or has a digit, because prose has colons too',
    replace: (text, isSecretName) => replacePairs(replaceHeaders(text), isSecretName),
  },
  {
    bit: MAY_HAVE.namedValue,
    about:
      'the `value`, or the `args`, behind a `name`, `key` or `header` that is a name of a secret: `name="password" value="…"`',
    replace: replaceNamedValues,
  },
  {
    bit: MAY_HAVE.option,
    about:
      'options of commands with the name of a secret: `--password …`, in lists of arguments too; those of curl, mysql, redis-cli, sshpass and `docker login` that take a password',
    replace: replaceOptions,
  },
  {
    bit: MAY_HAVE.element,
    about: 'elements of XML with the name of a secret: `<password>…</password>`',
    replace: (text, isSecretName) =>
      text.replace(ELEMENT, (found: string, name: string, value: string) =>
        isSecretName(name) ? `${found.slice(0, found.length - value.length)}${REDACTED}` : found,
      ),
  },
  {
    bit: MAY_HAVE.encodedPair,
    about:
      'such pairs, members of JSON, headers and URLs within the value of a parameter, encoded once or twice: `?next=%2F%3Ftoken%3D…`',
    replace: replaceEncoded,
  },
  {
    bit: MAY_HAVE.statement,
    about: "what follows `PASSWORD '` and `IDENTIFIED BY '` in a statement",
    replace: (text) => text.replace(STATEMENT, `$1${REDACTED}'`),
  },
  {
    bit: MAY_HAVE.signature,
    about: 'signatures of addresses of S3, CloudFront, Azure and Google Cloud',
    replace: (text) => text.replace(SIGNATURE, `$1${REDACTED}`),
  },
  {
    bit: MAY_HAVE.jwk,
    about: 'the private parts of JSON Web Keys',
    replace: (text) => text.replace(JWK, `$1${REDACTED}`),
  },
  {
    bit: MAY_HAVE.awsKeyId,
    about: 'access key ids of AWS (`AKIA…`, `ASIA…`)',
    replace: (text) => text.replace(AWS_KEY_ID, REDACTED),
  },
  {
    bit: MAY_HAVE.awsSecret,
    about: 'secret access keys of AWS: words of 40 mixed letters, digits, `/` and `+`',
    replace: (text) => text.replace(AWS_SECRET, (found) => (isMixed(found) ? REDACTED : found)),
  },
  {
    bit: MAY_HAVE.token,
    about:
      'tokens with the prefixes of GitHub, GitLab, Slack, Stripe, npm, Google, SendGrid, OpenAI, Anthropic, Hugging Face, Shopify, DigitalOcean, Vault, PyPI, Square, Atlassian, Linear, Supabase, Telegram, Docker, Grafana, Sentry, New Relic, Postman, Notion, Groq, RubyGems, PlanetScale and age',
    replace: replaceTokens,
  },
  {
    bit: MAY_HAVE.card,
    about:
      'card numbers, in one piece or in groups with any space, dash, dot or `_` between, with the prefix of a network and a right check digit',
    replace: replaceCards,
  },
]

function isPrivateKey(base64: string): boolean {
  return /PRIVATE KEY/.test(Buffer.from(base64.slice(0, 88), 'base64').toString('latin1'))
}

/** Whether letters of both cases and digits change places as often as in a random text; paths and hashes do not. */
function isMixed(text: string): boolean {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false
  let changes = 0
  for (let index = 1; index < text.length; index += 1) {
    if (kindOf(text.charCodeAt(index)) !== kindOf(text.charCodeAt(index - 1))) changes += 1
  }
  return changes >= MIN_CHANGES
}

const MIN_CHANGES = 12

function kindOf(code: number): number {
  if (code >= 97) return 0
  if (code >= 65) return 1
  return code >= 48 ? 2 : 3
}
