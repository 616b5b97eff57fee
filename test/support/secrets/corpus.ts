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
const slackPath = join('T00000000', '/B00000000/', 'XXXXXXXXXXXXXXXXXXXXXXXX')

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
  {
    what: 'the address of a Slack webhook',
    text: `POST https://hooks.slack.com/services/${slackPath} 404`,
    secret: slackPath,
  },
  { what: 'the path of a Slack webhook', text: `/services/${slackPath}`, secret: slackPath },
  {
    what: 'a Slack webhook on another host',
    text: `http://127.0.0.1:4000/services/${slackPath}`,
    secret: slackPath,
  },
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
  'com/springframework/http/Server2Handlers',
  'YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY3ODkwQUJDREVGR0hJ',
]
