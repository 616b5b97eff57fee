import { MAY_HAVE } from './secret-bits.ts'

/** What takes the place of a secret. */
export const REDACTED = '[redacted]'

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
  /-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:(?!-{4} ?END |-{5}END )[^])*(?:-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5})?/g

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

/** Addresses whose path is the secret: those of Slack at any host, of messages and of workflows, and Discord's. */
const WEBHOOK = new RegExp(
  `(?:https?://[^\\s/"'<>]{1,255})?/(?:${[
    'services/T[A-Z0-9]{2,}/B[A-Z0-9]{2,}/[A-Za-z0-9]{6,}',
    'workflows/T[A-Z0-9]{2,}/A[A-Z0-9]{2,}/\\d{6,}/[A-Za-z0-9]{6,}',
    'triggers/[TE][A-Z0-9]{2,}/\\d{6,}/[A-Za-z0-9]{6,}',
    'api/webhooks/\\d{6,}/[\\w-]{20,}',
  ].join('|')})`,
  'g',
)

/**
 * What follows `Bearer` or `Basic`. A short word of letters behind `Bearer` is prose, and so is what is no `user:password` in
 * base64 behind `Basic`. In `type=bearer access_token=…` the name is no token, and what stands behind it is one. Every part ends
 * where the next cannot begin again, so that no text takes long to search.
 */
const SCHEME =
  /\b(?:Bearer(?:\s|\+|%20){1,8}(?:(?=[a-z./-]*[\d_~+])[\w.~+/-]{8,}|[\w.~+/-]{20,})(?:=[^\s"'`,;&#<>(){}[\]|\\]*)?|Basic\s{1,8}([\w+/-]{4,}={0,2}))/gi

/** They begin with the base64 of `{"`; encrypted ones have five parts, of which the second may be empty. */
const JWT =
  /(?:(?<=%[\dA-Fa-f]{2})|(?<![A-Za-z0-9-]))eyJ[\w-]{4,}\.(?:[\w-]{4,}\.[\w-]*(?:\.[\w-]+\.[\w-]+)?|\.[\w-]+\.[\w-]+\.[\w-]+)/g

const AWS_KEY_ID = /(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])/g
const AWS_SECRET = /(?<![\w+/-])[A-Za-z0-9+/]{40}(?![\w+/=-])/g

/** What its maker has given a prefix, so that it can be found. */
const TOKEN = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'gh[pousr]_[A-Za-z0-9]{16,255}',
    'github_pat_\\w{16,255}',
    'glpat-[\\w-]{16,255}',
    'xox[a-z][.-][\\w.-]{8,255}',
    'xapp-[\\w-]{8,255}',
    '[rs]k_(?:live|test)_\\w{8,255}',
    'whsec_[\\w+/=-]{8,255}',
    'npm_[A-Za-z0-9]{30,255}',
    'AIza[\\w-]{30,255}',
    'SG\\.[\\w-]{16,255}\\.[\\w-]{16,255}',
    'hf_[A-Za-z0-9]{30,255}',
    'shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{32}',
    'dop_v1_[a-f0-9]{64}',
    'hvs\\.[\\w-]{24,255}',
    'pypi-[\\w-]{50,255}',
    'sq0[a-z]{3}-[\\w-]{22,255}',
    'ya29\\.[\\w-]{20,255}',
    'ATATT[\\w=-]{50,255}',
    'lin_api_[A-Za-z0-9]{32,255}',
    'AGE-SECRET-KEY-1[A-Z0-9]{50,255}',
    'GOCSPX-[\\w-]{20,255}',
    'sbp_[a-f0-9]{40}',
    '\\d{8,10}:AA[\\w-]{33}',
    'sk-(?=[A-Za-z_-]{0,255}\\d)[\\w-]{20,255}',
  ].join('|')})`,
  'g',
)

/** What stands between the groups of a card number: spaces and dashes of all kinds. */
const BETWEEN = '[ ._\\u00a0\\u2009\\u2010-\\u2015-]{1,2}'

/** In one piece, or in the groups that they are printed in. What belongs to a longer number, an id or a fraction is none. */
const CARD = new RegExp(
  `(?<![\\w.]|\\w-)(?:\\d{13,19}|\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{4}${BETWEEN}\\d{1,7}|\\d{4}${BETWEEN}\\d{6}${BETWEEN}\\d{4,5})(?!\\w|[.-]\\w)`,
  'g',
)

/** Headers whose whole value is the secret. */
const HEADER =
  /\b((?:proxy-)?authorization|(?:set-)?cookie)(["']?\s{0,3}:\s{0,3}["']?)((?:=\\{0,3}"[^"\r\n]*"|[^\r\n"'])+)/gi

/** `name=`, `"name": ` and the like. What it may be the name of comes next; what the value may be depends on the signs between. */
const NAME = /(?<![\w.%-])([\w.%-]{1,128})(\\{0,4}["'`\]]{0,2}\s{0,3}(?:=>?|:)\s{0,3})/g

/** A value, in quotes, in quotes of a text within a text, or bare. */
const VALUE =
  /(?:(\\{1,4}["'])([^"'\\]*)|(")((?:[^"\\]|\\[^])*)|(['`])([^'`]*)|([^\s"'`,;&#<>(){}[\]|\\]+))/y

/** Signatures of addresses that whoever has them may use. */
const SIGNATURE = /([?&](?:sig|X-(?:Amz|Goog)-Signature)=)[^&\s"'<>]{16,}/gi

/** `--password hunter2`, as a command that failed is quoted. */
const OPTION =
  /(?<![\w-])--?([A-Za-z][\w-]{1,63})(\s{1,3})(?:"([^"]{1,256})"|'([^']{1,256})'|([^\s"'-]\S{0,255}))/g

/** `<password>…</password>` */
const ELEMENT = /<([\w.:-]{1,64})(?:\s[^<>]{0,256})?>([^<>]{1,4096})(?=<\/)/g

/** The private parts of a JSON Web Key. */
const JWK = /(\\{0,3}"(?:d|p|q|dp|dq|qi|k)\\{0,3}"\s{0,3}:\s{0,3}\\{0,3}")[\w-]{16,}/g

/** `?token=…` as the value of another parameter. */
const ENCODED_PAIR =
  /(%[\dA-F]{2}|[^\w%-]|^)([A-Za-z][\w-]{0,63})(%3D)((?!%26)(?:%[\dA-F]{2}|[\w.~+*!-]){1,1024}?)(?=%26|%23|[^\w.~+*!%-]|$)/gi

/** `WITH PASSWORD '…'` */
const STATEMENT = /(\b(?:password|identified\s+by)\s{1,3}')[^']{1,256}'/gi

/** What stands for a value in a statement or a template, or says that there is none. */
const NO_VALUE =
  /^(?:[$?:@*].{0,64}|null|undefined|true|false|none|nil|bearer|basic|digest|negotiate)$/i

/** The shapes, in the order in which they are looked for: what is replaced first, no later one sees. */
export const SECRET_SHAPES: readonly SecretShape[] = [
  {
    bit: MAY_HAVE.privateKey,
    about: 'private keys in PEM, of SSH and PGP, whole or cut off',
    replace: (text) => text.replace(PRIVATE_KEY, REDACTED),
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
    replace: (text) => text.replace(SCHEME, replaceScheme),
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
    replace: (text, isSecretName) =>
      replacePairs(text.replace(HEADER, replaceHeader), isSecretName),
  },
  {
    bit: MAY_HAVE.option,
    about: 'options of commands with the name of a secret: `--password …`',
    replace: (text, isSecretName) =>
      text.replace(OPTION, (...found) => replaceOption(found, isSecretName)),
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
    about: 'such pairs within the value of another parameter: `?next=%2F%3Ftoken%3D…`',
    replace: (text, isSecretName) =>
      text.replace(ENCODED_PAIR, (found: string, before: string, name: string, sign: string) =>
        isSecretName(name) ? `${before}${name}${sign}${REDACTED}` : found,
      ),
  },
  {
    bit: MAY_HAVE.statement,
    about: "what follows `PASSWORD '` and `IDENTIFIED BY '` in a statement",
    replace: (text) => text.replace(STATEMENT, `$1${REDACTED}'`),
  },
  {
    bit: MAY_HAVE.signature,
    about: 'signatures of addresses of S3, Azure and Google Cloud',
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
      'tokens with the prefixes of GitHub, GitLab, Slack, Stripe, npm, Google, SendGrid, OpenAI, Anthropic, Hugging Face, Shopify, DigitalOcean, Vault, PyPI, Square, Atlassian, Linear, Supabase, Telegram and age',
    replace: (text) => text.replace(TOKEN, REDACTED),
  },
  {
    bit: MAY_HAVE.card,
    about:
      'card numbers, in one piece or in groups with any space, dash, dot or `_` between, with the prefix of a network and a right check digit',
    replace: (text) => text.replace(CARD, (found) => (isCardNumber(found) ? REDACTED : found)),
  },
]

/** Whether a number is that of a payment card: length, prefix of a network, and check digit (ISO/IEC 7812). */
export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D/g, '')
  if (!NETWORKS.test(digits)) return false
  let sum = 0
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const weighted = index % 2 === 0 ? digit : digit * 2
    sum += weighted > 9 ? weighted - 9 : weighted
  }
  return sum % 10 === 0
}

/** Visa, Mastercard, American Express, Diners, JCB, Discover and UnionPay, Maestro. */
const NETWORKS =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720))\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|[245]\d\d)\d{12,15}|(?:50|5[6-8]|6[37])\d{14,17})$/

function replaceScheme(found: string, basic: string | undefined): string {
  if (basic === undefined) return `Bearer ${REDACTED}`
  const decoded = Buffer.from(basic, 'base64').toString('latin1')
  return /^[ -~\u00a0-\u00ff]*:[ -~\u00a0-\u00ff]*$/.test(decoded) ? `Basic ${REDACTED}` : found
}

function replaceOption(found: readonly unknown[], isSecretName: (name: string) => boolean): string {
  const [whole, name, space, double, single, bare] = found as string[]
  const isIt =
    isSecretName(name!) && (bare === undefined || (isUnlikeProse(bare) && !bare.startsWith('[')))
  if (!isIt || [double, single].includes(REDACTED)) return whole!
  const dashes = whole!.slice(0, whole!.indexOf(name!))
  return `${dashes}${name}${space}${REDACTED}`
}

function replaceHeader(found: string, name: string, between: string, value: string): string {
  if (/^(?:Bearer|Basic) \[redacted\]/.test(value)) return found
  // A statement about the header, not the header.
  if (!/[\d=]|\S{16}/.test(value)) return found
  return `${name}${between}${REDACTED}`
}

/** Not one pattern with the value in it: the value of an open name may have pairs in it, as a URL has, or a text in JSON. */
function replacePairs(text: string, isSecretName: (name: string) => boolean): string {
  let clean = ''
  let copied = 0
  NAME.lastIndex = 0
  for (let name = NAME.exec(text); name !== null; name = NAME.exec(text)) {
    if (!isSecretName(toPlainName(name[1]!))) continue
    VALUE.lastIndex = NAME.lastIndex
    const value = VALUE.exec(text)
    if (value === null || !isValue(value, name[2]!)) continue
    const quote = value[1] ?? value[3] ?? value[5] ?? ''
    clean += `${text.slice(copied, value.index)}${quote}${REDACTED}`
    copied = VALUE.lastIndex
    NAME.lastIndex = copied
  }
  return copied === 0 ? text : clean + text.slice(copied)
}

function isValue(value: RegExpExecArray, between: string): boolean {
  const bare = value[7]
  const content = value[2] ?? value[4] ?? value[6] ?? bare ?? ''
  if (content === '' || content.startsWith(REDACTED) || NO_VALUE.test(content)) return false
  return bare === undefined || !/\s$/.test(between) || isUnlikeProse(bare)
}

/** `user%5Bpassword%5D` is the member of an object. */
function toPlainName(name: string): string {
  return name.includes('%') ? name.replaceAll(/%5[bd]/gi, '.').replace(/\.$/, '') : name
}

function isUnlikeProse(value: string): boolean {
  return value.length >= 20 || (value.length >= 4 && /[\d~+/=!@#$%^*]/.test(value))
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
