import { HARMLESS_SERVICE_TEXTS, SECRET_SERVICE_TEXTS } from './service-texts.ts'

/** A text with a secret in it. */
export interface SecretText {
  readonly what: string
  readonly text: string
  /** What must be found nowhere. */
  readonly secret: string
}

// Put together here: a tool that looks for secrets in repositories must not stop at these.
const join = (...parts: readonly string[]): string => parts.join('')

const base64 = (value: string): string => Buffer.from(value).toString('base64')
const jwt = [{ alg: 'HS256' }, { sub: 'user-1', admin: true }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .concat('c2lnbmF0dXJlLW9mLXRoZS10b2tlbg')
  .join('.')
const awsId = join('AKIA', 'IOSFODNN7EXAMPLE')
const awsSecret = join('wJalrXUtnFEMI/K7MDENG', '/bPxRfiCYEXAMPLEKEY')
const plainAwsSecret = join('Zq8mT4vKx2RwB7nYc5LhJ9sD', 'f3GpAe6UiWo1XtHy')
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n+kQzB7f0aPq1Zt5uW3==\n-----END ${kind}PRIVATE KEY-----`
const inPem = '+kQzB7f0aPq1Zt5uW3'
const github = join('ghp', '_16C7e42F292c6912E7710c838347Ae178B4a')
const slack = join('xoxb', '-123456789012-abcdefGHIJKL')
const stripe = join('sk', '_live_4eC39HqLyjWDarjtT1zdp7dc')
const jwe = join(
  'eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0',
  '..aXZpdml2aXZpdg.',
  'Y2lwaGVydGV4dC1vZi1pdA.dGFnLXRhZw',
)
const inJwe = 'Y2lwaGVydGV4dC1vZi1pdA'
const inJwk = join('870MB6gfuTJ4HtUnUvYMyJ', 'pr5eUZNP4Bk43bVdj3eAE')
const huggingFace = join('hf', `_${'a1B2'.repeat(9)}`)
const telegram = join('123456789', ':AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1')
const slackTrigger = join('T00000000/', '1234567890123/', '0123456789abcdef'.repeat(2))
const slackWorkflow = join('T00000000', '/A00000000/', '123456789012345678/', 'X'.repeat(24))
const slackPath = join('T00000000', '/B00000000/', 'XXXXXXXXXXXXXXXXXXXXXXXX')

/** One token of each prefix, no longer than it must be. */
const TOKENS: readonly string[] = [
  ...['p', 'o', 'u', 's', 'r'].map((kind) => join('gh', `${kind}_`, 'a1B2'.repeat(4))),
  join('github', '_pat_', 'a1B2'.repeat(4)),
  join('glpat', '-', 'a1B2'.repeat(4)),
  join('xoxe', '.xoxp-1-', 'a1B2'.repeat(2)),
  join('xoxs', '.', 'a1B2'.repeat(2)),
  join('xapp', '-', 'a1B2'.repeat(2)),
  join('rk', '_test_', 'a1B2'.repeat(2)),
  join('whsec', '_', 'a1B2'.repeat(2)),
  join('npm', '_', 'a1B'.repeat(10)),
  join('AIza', 'a1B'.repeat(10)),
  join('SG', '.', 'a1B2'.repeat(4), '.', 'c3D4'.repeat(4)),
  ...['at', 'ss', 'ca', 'pa'].map((kind) => join(`shp${kind}`, '_', 'a1b2'.repeat(8))),
  join('dop', '_v1_', 'a1b2'.repeat(16)),
  join('hvs', '.', 'a1B2'.repeat(6)),
  join('pypi', '-', 'a1B2c'.repeat(10)),
  join('sq0atp', '-', 'a1B2'.repeat(6)),
  join('ya29', '.', 'a1B2'.repeat(5)),
  join('ATATT', 'a1B2c'.repeat(10)),
  join('lin', '_api_', 'a1B2'.repeat(8)),
  join('AGE-SECRET', '-KEY-1', 'A1B2C'.repeat(10)),
  join('GOCSPX', '-', 'a1B2'.repeat(5)),
  join('sbp', '_', 'a1b2'.repeat(10)),
  join('sk', '-proj-', 'a1B2'.repeat(5)),
]

/** Every shape of secret that is known, in the texts in which they turn up. */
export const SECRET_TEXTS: readonly SecretText[] = [
  { what: 'a JSON Web Token', text: jwt, secret: jwt },
  { what: 'a JSON Web Token in a sentence', text: `token was ${jwt}, refused`, secret: jwt },
  { what: 'a JSON Web Token in a cookie', text: `session=${jwt}; Path=/`, secret: jwt },
  { what: 'a bearer token', text: 'sent Bearer t0ken-12345 along', secret: 't0ken-12345' },
  {
    what: 'an opaque bearer token',
    text: 'Authorization: bearer abcdefghijklmnopqrstuvwx',
    secret: 'abcdefghijklmnopqrstuvwx',
  },
  {
    what: 'a token behind the word bearer and its name',
    text: 'token_type=bearer access_token=swordfish',
    secret: 'swordfish',
  },
  {
    what: 'a password in the line after the word bearer',
    text: 'AUTH_SCHEME=Bearer\nDB_PASSWORD=swordfish',
    secret: 'swordfish',
  },
  {
    what: 'basic authentication',
    text: `Authorization: Basic ${base64('ann:hunter2')}`,
    secret: base64('ann:hunter2'),
  },
  {
    what: 'basic authentication in a sentence',
    text: `with basic ${base64('service:s3cr3t!')} it failed`,
    secret: base64('service:s3cr3t!').replace(/=+$/, ''),
  },
  { what: 'an access key id of AWS', text: `as ${awsId} in eu-west-1`, secret: awsId },
  {
    what: 'a secret of AWS alone',
    text: plainAwsSecret,
    secret: plainAwsSecret,
  },
  { what: 'a secret of AWS with slashes', text: `key ${awsSecret} refused`, secret: awsSecret },
  {
    what: 'a secret of AWS beside its id',
    text: `${awsId} / ${plainAwsSecret}`,
    secret: plainAwsSecret,
  },
  {
    what: 'credentials of AWS in a file',
    text: `[default]\naws_access_key_id = ${awsId}\naws_secret_access_key = ${plainAwsSecret}`,
    secret: plainAwsSecret,
  },
  { what: 'a private key', text: pem(''), secret: inPem },
  { what: 'a private RSA key in a sentence', text: `read ${pem('RSA ')} from disk`, secret: inPem },
  { what: 'a private EC key on one line', text: pem('EC ').replaceAll('\n', '\\n'), secret: inPem },
  {
    what: 'a private key that is cut off',
    text: pem('').slice(0, pem('').indexOf('-----END')),
    secret: inPem,
  },
  { what: 'a card number', text: 'paid with 4111111111111111', secret: '4111111111111111' },
  { what: 'a card number in groups', text: '5555 5555 5555 4444', secret: '5555 5555 5555 4444' },
  { what: 'a card number with dashes', text: '6011-1111-1111-1117', secret: '6011-1111-1111-1117' },
  {
    what: 'an American Express card',
    text: 'card 3782 822463 10005.',
    secret: '3782 822463 10005',
  },
  { what: 'a card number of 13 digits', text: '4222222222222', secret: '4222222222222' },
  { what: 'a newer Mastercard', text: '2223003122003222', secret: '2223003122003222' },
  {
    what: 'the password of a PostgreSQL URL',
    text: 'cannot connect to postgres://app:hunter2@db.internal:5432/app?sslmode=require',
    secret: 'hunter2',
  },
  { what: 'the password of a Redis URL', text: 'redis://:hunter2@cache:6379/0', secret: 'hunter2' },
  {
    what: 'the password of an AMQP URL',
    text: 'amqps://guest:p%40ss-w0rd@mq/vhost',
    secret: 'p%40ss-w0rd',
  },
  {
    what: 'a password with an @ in a URL',
    text: 'mongodb+srv://app:hun@ter2@db.example/app',
    secret: 'hun@ter2',
  },
  { what: 'the password of an HTTP URL', text: 'GET https://u:hunter2@h/p', secret: 'hunter2' },
  {
    what: 'a token in a query',
    text: 'https://api.example.com/v1/users?page=2&access_token=abc123def&sort=asc',
    secret: 'abc123def',
  },
  { what: 'an api key in a query alone', text: 'api_key=zyx987wvu&page=2', secret: 'zyx987wvu' },
  {
    what: 'a password in a form',
    text: 'user%5Bname%5D=ann&user%5Bpassword%5D=swordfish',
    secret: 'swordfish',
  },
  {
    what: 'a password in logfmt',
    text: 'user=ann password=swordfish ok=true',
    secret: 'swordfish',
  },
  {
    what: 'a password in JSON',
    text: '{"user":"ann","password":"sword fish"}',
    secret: 'sword fish',
  },
  {
    what: 'a password in JSON within JSON',
    text: JSON.stringify({ body: JSON.stringify({ password: 'swordfish' }) }),
    secret: 'swordfish',
  },
  {
    what: 'a password in a statement',
    text: "ALTER ROLE app WITH PASSWORD = 'sword fish' VALID",
    secret: 'sword fish',
  },
  { what: 'a password in a sentence', text: 'his password: hunter2 leaked', secret: 'hunter2' },
  { what: 'a cookie header', text: 'Cookie: sid=abc123; theme=dark', secret: 'abc123' },
  { what: 'an api key header', text: 'x-api-key: 9f8e7d6c5b4a', secret: '9f8e7d6c5b4a' },
  { what: 'an environment', text: 'export DB_PASSWORD=swordfish', secret: 'swordfish' },
  { what: 'a token of GitHub', text: `push with ${github}`, secret: github },
  { what: 'a token of Slack', text: `as ${slack}`, secret: slack },
  { what: 'a key of Stripe', text: `Invalid API Key provided: ${stripe}`, secret: stripe },
  { what: 'an encrypted token', text: `session=${jwe}; Path=/`, secret: inJwe },
  {
    what: 'an encrypted token with its key',
    text: jwe.replace('..', '.a2V5a2V5a2V5.'),
    secret: inJwe,
  },
  { what: 'a token in an encoded address', text: `?next=%2Fx%3Ft%3D${jwt}`, secret: jwt },
  {
    what: 'a pair in an encoded address',
    text: '/login?next=%2Fx%3Ftoken%3Dabc123def%26y%3D1',
    secret: 'abc123def',
  },
  {
    what: 'a password with a slash in a URL',
    text: 'invalid URL postgres://app:hun/ter2@db:5432/app',
    secret: 'ter2',
  },
  { what: 'a password with a # in a URL', text: 'redis://:hun#ter2@cache/0', secret: 'ter2' },
  { what: 'a password with a ? and an @', text: 'amqp://a:h?un@ter2@mq:5672', secret: 'ter2' },
  {
    what: 'the password before a template of a port',
    text: 'postgres://app:hunter2@db:port/app',
    secret: 'hunter2',
  },
  {
    what: 'an answer of digest authentication',
    text: 'Authorization: Digest username="bob", realm="x", response="6629fae49393a05397450978507c4ef1"',
    secret: '6629fae49393a05397450978507c4ef1',
  },
  {
    what: 'a cookie in quotes',
    text: 'Cookie: theme="dark"; sid="abcdef12345"',
    secret: 'abcdef12345',
  },
  {
    what: 'a password in XML',
    text: '<login><user>ann</user><password>sword fish</password></login>',
    secret: 'sword fish',
  },
  {
    what: 'a password of a command that failed',
    text: 'Command failed: pg_dump --username app --password hunter2 app',
    secret: 'hunter2',
  },
  { what: 'a quoted option', text: `run --api-key 'sword fish' now`, secret: 'sword fish' },
  {
    what: 'a password in SQL',
    text: "ALTER ROLE app WITH LOGIN PASSWORD 'sword fish'",
    secret: 'sword fish',
  },
  {
    what: 'a private key of PGP',
    text: pem('PGP ').replaceAll('KEY-', 'KEY BLOCK-'),
    secret: inPem,
  },
  {
    what: 'a private key of SSH2',
    text: pem('SSH2 ENCRYPTED ')
      .replaceAll('-----BEGIN', '---- BEGIN')
      .replaceAll('KEY-----', 'KEY ----'),
    secret: inPem,
  },
  {
    what: 'a JSON Web Key',
    text: JSON.stringify({ kty: 'EC', crv: 'P-256', d: inJwk }),
    secret: inJwk,
  },
  {
    what: 'a JSON Web Key in JSON',
    text: JSON.stringify({ key: JSON.stringify({ kty: 'oct', k: inJwk }) }),
    secret: inJwk,
  },
  { what: 'a secret of AWS after a sign', text: `x=${awsSecret}`, secret: awsSecret },
  {
    what: 'the key of an Azure account',
    text: 'AccountName=x;AccountKey=Zm9vYmFyYmF6cXV4MTIz==;EndpointSuffix=core',
    secret: 'Zm9vYmFyYmF6cXV4MTIz',
  },
  {
    what: 'a signed address',
    text: 'https://x.blob.core.windows.net/c/b?sv=2020&sp=r&sig=Zm9vYmFyYmF6cXV4MTIz%3D',
    secret: 'Zm9vYmFyYmF6cXV4MTIz',
  },
  {
    what: 'a presigned address',
    text: 'https://b.s3.amazonaws.com/k?X-Amz-Date=2026&X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0',
    secret: 'fe5f80f77d5fa3beca038a248ff027d0',
  },
  { what: 'a token of Hugging Face', text: `with ${huggingFace}`, secret: huggingFace },
  { what: 'the token of a bot', text: `/bot${telegram}/send`, secret: telegram.slice(10) },
  { what: 'a card number with dots', text: '4111.1111.1111.1111', secret: '4111.1111.1111.1111' },
  {
    what: 'a card number with hard spaces',
    text: '4111\u00a01111\u00a01111\u00a01111',
    secret: '4111\u00a01111',
  },
  {
    what: 'a card number with signs of two kinds',
    text: '4111 1111-1111 1111',
    secret: '4111 1111',
  },
  {
    what: 'the address of a Slack webhook',
    text: `POST https://hooks.slack.com/services/${slackPath} 404`,
    secret: slackPath,
  },
  { what: 'the path of a Slack webhook', text: `/services/${slackPath}`, secret: slackPath },
  { what: 'an environment with numbers', text: 'set PASSWORD_2=swordfish', secret: 'swordfish' },
  { what: 'a key with a number', text: '{"apiKey2":"sword fish"}', secret: 'sword fish' },
  { what: 'an item of a list', text: 'of passwords.0: swordf1sh', secret: 'swordf1sh' },
  { what: 'a value that begins like an address', text: 'token=//swordfish', secret: 'swordfish' },
  {
    what: 'a password behind quotes and spaces',
    text: '\\\\"password\\\\"  : \\\\"swordf1sh\\\\"',
    secret: 'swordf1sh',
  },
  { what: 'a header before spaces', text: 'Cookie \t : sid=qZw12', secret: 'qZw12' },
  { what: 'a short option', text: '--pwd q7Zx', secret: 'q7Zx' },
  { what: 'an option with one dash', text: 'psql -password hunter2', secret: 'hunter2' },
  { what: 'a short element', text: '<pwd>qZx</pwd>', secret: 'qZx' },
  { what: 'a short encoded pair', text: 'pwd%3dqZj', secret: 'qZj' },
  { what: 'a short statement', text: "PASSWORD 'qZk'", secret: 'qZk' },
  { what: 'a statement with spaces', text: "IDENTIFIED  BY 'qZv'", secret: 'qZv' },
  { what: 'short basic authentication', text: 'Basic YTpi', secret: 'YTpi' },
  {
    what: 'a signature in capitals',
    text: 'https://x/c?SIG=Zm9vYmFyYmF6cXV4MTIz',
    secret: 'Zm9vYmFyYmF6cXV4MTIz',
  },
  ...TOKENS.map((token) => ({ what: `a token like ${token}`, text: token, secret: token })),
  {
    what: 'a Slack webhook on another host',
    text: `http://127.0.0.1:4000/services/${slackPath}`,
    secret: slackPath,
  },
  {
    what: 'a Slack webhook that starts a workflow',
    text: `POST https://hooks.slack.com/triggers/${slackTrigger} 200`,
    secret: slackTrigger,
  },
  {
    what: 'an older Slack webhook that starts a workflow',
    text: `POST https://hooks.slack.com/workflows/${slackWorkflow} 200`,
    secret: slackWorkflow,
  },
  ...SECRET_SERVICE_TEXTS,
]

/** What stands under a name that says that it is secret, whatever it looks like. */
export const SECRET_MEMBERS: readonly { readonly name: string; readonly secret: string }[] = [
  { name: 'password', secret: 'swordfish' },
  { name: 'newPassword', secret: 'plainword' },
  { name: 'api_key', secret: 'qwertzuiop' },
  { name: 'X-Auth-Token', secret: 'opaqueword' },
  { name: 'http.request.header.cookie', secret: 'sid of somebody' },
  { name: 'webhook_secret', secret: 'whispered' },
  { name: 'SLACK_WEBHOOK_URL', secret: 'http://127.0.0.1:4000/hook/of/ours' },
  { name: 'SecretAccessKey', secret: 'not forty characters' },
  { name: 'user[password]', secret: 'swordfish' },
  { name: 'passwords.0', secret: 'swordfish' },
  { name: '"apiKey"', secret: 'qwertzuiop' },
  { name: 'cvv', secret: 'behind the card' },
  { name: 'seed_phrase', secret: 'army van defense carry' },
  { name: 'jwtSecretKey', secret: 'whispered' },
  { name: 'x-amz-security-token', secret: 'opaqueword' },
  { name: 'password_confirmation', secret: 'swordfish' },
  { name: 'cookies', secret: 'sid of somebody' },
  { name: 'GITHUB_TOKEN', secret: 'opaqueword' },
  { name: 'JWT_KEYS', secret: 'whispered' },
  { name: 'client-key-data', secret: 'whispered' },
  { name: 'identitytoken', secret: 'opaqueword' },
]

/** What looks like a secret to hasty rules, and must arrive as it is. */
export const HARMLESS_TEXTS: readonly string[] = [
  '0193b0a2-7c1e-7000-8000-1a2b3c4d5e6f',
  '12345678-4111-1111-1111-111111111111',
  '0af7651916cd43dd8448eb211c80319c',
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'order 4111111111111112',
  'order 1234567890123456',
  '1763748000000000000',
  '2026-11-21T18:00:00.000Z',
  'amount 0.4242424242424242 of 4242424242424242.25',
  '/usr/local/lib/node_modules/telltale/dist/index.js',
  '/home/user/projects/Telltale2/src/logging',
  'https://api.example.com:8443/quizzes/17/claim?page=2&sort=desc',
  'http://example.com:80/path/user@example.com',
  'mailto:ann@example.com',
  'SELECT id, token_count FROM users WHERE token = $1 AND password_hash = ?',
  'max_tokens=4096 tokens: 17 token_type=bearer',
  'the bearer of bad news',
  'a basic subscription, basic authentication',
  'Unexpected token: end of input',
  'the password: must be changed',
  'the secret: patience',
  'password changed, secretary informed, keyboard: qwerty',
  '-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe\n-----END CERTIFICATE-----',
  'task-force-of-many-people-2026',
  'snake_case_name with_more_of_it npm_config',
  'Error: connect ECONNREFUSED 127.0.0.1:5432\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1611:16)',
  'auth: ok, jwt: none, cookie: accepted',
  '192.168.1.1, 2001:db8::1, port: 5432',
  '+49 170 1234567',
  'http://[::1]:3000/@scope/package',
  'mongodb://h1:27017,h2:27017/app?user=ann@example.com',
  'https://example.com:8443/users/ann@example.com',
  'git clone --token-file ~/x --author ann, the option --password is required',
  '<p class="secret">nothing</p> <token-count>17</token-count>',
  'kty is missing, "d": "short", "x": "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4B"',
  'redirect to %2Fx%3Fpage%3D2%26sort%3Ddesc',
  'versions 4111.2.3, 1.2.3.4 and 10.0.19045.4842',
  'auth0 is away, oauth2 too',
  'config=4, sig=ok, ?sig=short',
  'com/springframework/http/Server2Handlers',
  'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY3ODkwQUJDREVGR0hJ',
  ...HARMLESS_SERVICE_TEXTS,
]
