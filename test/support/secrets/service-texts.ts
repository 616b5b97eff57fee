import type { SecretText } from './corpus.ts'

// Put together here: a tool that looks for secrets in repositories must not stop at these.
const join = (...parts: readonly string[]): string => parts.join('')

const base64 = (value: string): string => Buffer.from(value).toString('base64')
const github = join('ghp', '_16C7e42F292c6912E7710c838347Ae178B4a')
const openAi = join('sk', '-proj-', 'a1B2'.repeat(6))
const telegram = join('123456789', ':', 'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw1')
const seed = join('SCZANGBA5YHTNYVVV4C3U252', 'E2B6P6F5T3U6MM63WBSBZATAQI3EBTQ4')
const pem = (kind: string): string =>
  join('-----BEGIN ', kind, 'PRIVATE', ' KEY-----\nMIIEvQIBADANBgkqhki')
const account = '11111111-2222-3333-4444-555555555555'
const teams = join(
  `webhookb2/${account}@${account}`,
  '/IncomingWebhook/',
  '0123456789abcdef'.repeat(2),
  `/${account}`,
)
const discord = join('123456789012345678', '/', 'aB3-'.repeat(10))

/** Tokens that have the prefix of their maker, no longer than they must be. */
const TOKENS: readonly string[] = [
  ...['ptt', 'rt', 'dt', 'ft', 'soat', 'imt', 'oas'].map((kind) =>
    join(`gl${kind}`, '-', 'a1B2'.repeat(5)),
  ),
  join('glcbt', '-64_', 'a1B2'.repeat(4)),
  join('dckr', '_pat_', 'a1B2'.repeat(5)),
  join('hvb', '.', 'a1B2'.repeat(6)),
  join('sntrys', '_', 'a1B2'.repeat(10), '='),
  join('sntryu', '_', 'a1b2'.repeat(10)),
  join('glsa', '_', 'a1B2'.repeat(8), '_a1b2c3d4'),
  join('glc', '_', 'a1B2'.repeat(8)),
  join('NRAK', '-', 'A1B2'.repeat(6)),
  join('PMAK', '-', 'a1b2'.repeat(6), '-', 'a1b2'.repeat(8)),
  join('ntn', '_', 'a1B2'.repeat(10)),
  join('gsk', '_', 'a1B2'.repeat(10)),
  join('rubygems', '_', 'a1b2'.repeat(12)),
  join('pscale', '_tkn_', 'a1B2'.repeat(8)),
  join('pscale', '_pw_', 'a1B2'.repeat(8)),
  join('1/', '/0g', 'a1B2'.repeat(8)),
  join('secret', '_', 'a1B2'.repeat(10)),
]

/** What stands before a word in an address, in one that is encoded once more, and in JSON. */
const STARTS = ['?a%3D', '%2520', '"a\\n', '"a\\t']

/** What servers, drivers and tools write with a secret in it. */
export const SECRET_SERVICE_TEXTS: readonly SecretText[] = [
  {
    what: 'a token in quotes behind the word bearer and its name',
    text: 'bearer access_token="swordfish"',
    secret: 'swordfish',
  },
  {
    what: 'a token behind the word bearer, its name and a colon',
    text: 'type bearer access_token: swordf1sh',
    secret: 'swordf1sh',
  },
  {
    what: 'a bearer token that is filled up, in quotes',
    text: '{"Authorized":"Bearer abcd_efgh-ijkl="}',
    secret: 'abcd_efgh-ijkl',
  },
  {
    what: 'a cookie header folded over lines',
    text: 'Cookie: theme=dark;\r\n sid=abc123def;\n\tuser=17',
    secret: 'abc123def',
  },
  {
    what: 'a cookie header folded over lines, as a label has it',
    text: 'Cookie: theme=dark; \n sid=abc123def',
    secret: 'abc123def',
  },
  {
    what: 'a name behind the word bearer in a query',
    text: '?access_token=bearer+access_token%3D%22swordfish%22',
    secret: 'swordfish',
  },
  {
    what: 'a bearer token that is encoded',
    text: '?auth=Bearer%20abc12345%2Bdefghijk%2Flmnop%3D&a=1',
    secret: 'defghijk',
  },
  {
    what: 'headers in JSON',
    text: JSON.stringify({ head: 'Accept: x\r\nCookie: sid=sword,fish\r\nHost: h' }),
    secret: 'sword,fish',
  },
  {
    what: 'cookies that a server sets',
    text: `headers: { 'set-cookie': [ 'lang=en', 'sid=swordfish; Path=/' ] }`,
    secret: 'swordfish',
  },
  {
    what: 'cookies that a server sets, in lines',
    text: `'set-cookie': [\n    'lang=en; Path=/',\n    "sid=swordfish; Path=/"\n  ]`,
    secret: 'swordfish',
  },
  {
    what: 'cookies that a server sets, in JSON within JSON',
    text: JSON.stringify({ body: JSON.stringify({ 'set-cookie': ['a=1', 'sid=swordfish'] }) }),
    secret: 'swordfish',
  },
  {
    what: 'cookies that a framework has read',
    text: `cookies: [Object: null prototype] { lang: 'en', id: 'swordfish' }`,
    secret: 'swordfish',
  },
  {
    what: 'a variable in a line of JSON',
    text: JSON.stringify({ env: 'USER=app\ntoken=swordfish' }),
    secret: 'swordfish',
  },
  {
    what: 'a password in JSON four levels deep',
    text: [1, 2, 3].reduce(
      (text) => JSON.stringify({ text }),
      JSON.stringify({ token: 'swordfish' }),
    ),
    secret: 'swordfish',
  },
  { what: 'a comparison', text: 'if (password === "swordfish")', secret: 'swordfish' },
  { what: 'an assignment in Go', text: 'token := swordf1sh', secret: 'swordf1sh' },
  { what: 'items of a list in a form', text: 'a=1&password[]=swordfish', secret: 'swordfish' },
  { what: 'a value in the next line', text: `password =\n  'swordfish'`, secret: 'swordfish' },
  { what: 'the number on the back of a card', text: 'cvv: 739, ok', secret: '739,' },
  { what: 'a key by two words', text: 'with API key: swordf1sh', secret: 'swordf1sh' },
  { what: 'a key by three words', text: 'secret access key = swordf1sh', secret: 'swordf1sh' },
  {
    what: 'a token of a bot in the address of Telegram',
    text: `https://api.telegram.org/bot${telegram}/getMe`,
    secret: telegram.slice(10),
  },
  { what: 'a seed of Stellar', text: `sign with ${seed}.`, secret: seed },
  { what: 'a seed of Stellar alone', text: seed, secret: seed },
  ...STARTS.flatMap((start) =>
    [github, openAi, telegram, seed, '4111111111111111', join('AKIA', 'IOSFODNN7EXAMPLE')].map(
      (secret) => ({ what: `${secret} behind ${start}`, text: `${start}${secret}`, secret }),
    ),
  ),
  {
    what: 'a bearer token in an encoded header',
    text: `body=Authorization%3A%20Bearer%20abcdefgh1234`,
    secret: 'abcdefgh1234',
  },
  {
    what: 'an encoded header',
    text: `head=accept%3A%20x%0D%0Ax-api-key%3A%20swordfish%0D%0A`,
    secret: 'swordfish',
  },
  {
    what: 'a bearer token in a line of JSON',
    text: JSON.stringify({ log: 'sent\nBearer abcdefgh1234' }),
    secret: 'abcdefgh1234',
  },
  {
    what: 'an encoded user and password',
    text: `head=Basic%20${base64('ann:hunter2')}`,
    secret: base64('ann:hunter2').replace(/=+$/, ''),
  },
  {
    what: 'a pair in an address that is encoded twice',
    text: `/login?next=${encodeURIComponent(encodeURIComponent('https://x/?token=swordfish&y=1'))}`,
    secret: 'swordfish',
  },
  {
    what: 'JSON in a query',
    text: `?filter=${encodeURIComponent('{"token":"sword fish","a":1}')}&page=2`,
    secret: 'sword%20fish',
  },
  {
    what: 'JSON within JSON in a query, encoded twice',
    text: `?filter=${encodeURIComponent(encodeURIComponent(JSON.stringify({ body: '{"token":"swordfish"}' })))}`,
    secret: 'swordfish',
  },
  {
    what: 'a URL in a query',
    text: `?db=${encodeURIComponent('postgres://app:hun%40ter2@db:5432/app')}`,
    secret: 'ter2',
  },
  {
    what: 'a URL in a query, encoded twice',
    text: `?db=${encodeURIComponent(encodeURIComponent('redis://:hunter2@cache/0'))}`,
    secret: 'hunter2',
  },
  {
    what: 'a private key in a query',
    text: `key=${encodeURIComponent(`${pem('RSA ')}\n-----END RSA PRIVATE KEY-----`)}&a=1`,
    secret: 'MIIEvQ',
  },
  {
    what: 'a private key in a form',
    text: `pem=${pem('').replaceAll(' ', '+').replaceAll('\n', '%0D%0A')}`,
    secret: 'MIIEvQ',
  },
  ...['', 'RSA ', 'EC ', 'OPENSSH ', 'ENCRYPTED '].map((kind) => ({
    what: `a private ${kind}key in a kubeconfig`,
    text: `    client-key-data: ${base64(pem(kind))}\n`,
    secret: base64(pem(kind)).replace(/=+$/, ''),
  })),
  { what: 'a card number in a form', text: 'n=4111+1111+1111+1111&m=1', secret: '4111+1111' },
  {
    what: 'a card number in a query',
    text: '?n=4111%201111%201111%201111',
    secret: '4111%201111',
  },
  {
    what: 'a signed address of CloudFront',
    text: 'https://d1.cloudfront.net/x?Expires=1&Signature=nitfHRCrtziwO2HwPfWw~yYDhUF5EwRunQA',
    secret: 'nitfHRCrtziwO2HwPfWw',
  },
  {
    what: 'a webhook of Teams',
    text: `POST https://acme.webhook.office.com/${teams} 400`,
    secret: teams.slice(-60),
  },
  {
    what: 'a webhook of a version of Discord',
    text: `https://discord.com/api/v10/webhooks/${discord}`,
    secret: discord,
  },
  {
    what: 'arguments of a command that failed',
    text: `spawnargs: [ 'app', '--password', 'sword fish', '--host', 'db' ]`,
    secret: 'sword fish',
  },
  {
    what: 'arguments of a command in JSON within JSON',
    text: JSON.stringify({ body: JSON.stringify(['--api-key', 'swordfish']) }),
    secret: 'swordfish',
  },
  {
    what: 'a user of curl',
    text: `curl -U bob:x1 -u ann:sword,fish https://x: because of curl -u ann:sword,fish`,
    secret: 'sword,fish',
  },
  {
    what: 'a header and a cookie of curl',
    text: `curl -H 'Accept: x' -H 'X-Api-Key: sword-fish' https://x`,
    secret: 'sword-fish',
  },
  {
    what: 'a cookie of curl',
    text: `curl -b 'sid=sword-fish; a=1' https://x`,
    secret: 'sword-fish',
  },
  { what: 'a password of mysql', text: 'mysqldump -uroot -psword-fish app', secret: 'sword-fish' },
  {
    what: 'a password of redis-cli',
    text: 'redis-cli -h c -a sword-fish ping',
    secret: 'sword-fish',
  },
  { what: 'a password of sshpass', text: 'sshpass -psword-fish ssh x', secret: 'sword-fish' },
  {
    what: 'a password of a registry',
    text: 'docker login -u ann -p sword-fish registry.example.com',
    secret: 'sword-fish',
  },
  {
    what: 'a command of Redis that failed',
    text: `command: { name: 'auth', args: [ 'default', 'swordfish' ] }`,
    secret: 'swordfish',
  },
  {
    what: 'a variable of a container in JSON',
    text: '{"env":[{"name":"DB_PASSWORD","value":"sword fish"}]}',
    secret: 'sword fish',
  },
  {
    what: 'a variable of a container in YAML',
    text: `env:\n  - name: DB_PASSWORD\n    value: sword-fish\n`,
    secret: 'sword-fish',
  },
  {
    what: 'a setting in XML',
    text: `<add key="password" value="sword'fish" />`,
    secret: "sword'fish",
  },
  {
    what: 'an element of XML with any sign in it',
    text: '<wsse:Password Type="x"><![CDATA[sword&fish]]></wsse:Password>',
    secret: 'sword&fish',
  },
  {
    what: 'the words of a wallet',
    text: `mnemonic: ${'army van defense carry jealous '.repeat(2)}true garbage, sent`,
    secret: 'true garbage',
  },
  { what: 'a variable of CI', text: `export GITHUB_TOKEN='swordfish'`, secret: 'swordfish' },
  { what: 'the keys of tokens', text: 'JWT_KEYS=swordfish', secret: 'swordfish' },
  ...TOKENS.map((token) => ({ what: `a token like ${token}`, text: token, secret: token })),
]

/** What servers, drivers and tools write that has the words of secrets in it, but none. */
export const HARMLESS_SERVICE_TEXTS: readonly string[] = [
  'bearer page_size=100',
  'token_type=bearer expires_in=3600',
  'WWW-Authenticate: Bearer resource_metadata="https://api.example.com/.well-known/oauth"',
  `const token = process.env.API_TOKEN; if (token === null || token == undefined) throw`,
  `fetch(url, { credentials: 'include' }) and "credentials":"same-origin"`,
  'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1B2c3',
  '{"dependencies":{"cookie":"^1.0.2"}} or cookie: 0.7.1',
  'auth: 12ms, jwt=0.4s',
  'token:=, token ==, password=%s',
  'PASSWORD=\nUSER=app\nPORT=8080',
  'password:\n  user1: x',
  'at auth (src/token:17:12)',
  'cookies: { total: 3 } cookies: 3 set',
  'GBRPYHIL2CI3FNQ4BXLFMNDLFJUNPU2HY3ZMFSHONUCEOASW7QC7OX2H pays, seeds begin with SA',
  base64('-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe'),
  base64('-----BEGIN PUBLIC KEY-----\nMIIBszCCAVmgAwIBAgIUe'),
  '?next=https%3A%2F%2Fx.example%3A8443%2Fa%40b&q=%7B%22tokens%22%3A%2217%22%7D&t=urn%3Aietf%3Atoken%3Ajwt',
  'xoxo-hugs-and-kisses, secret_manager_client, secret_rotation_interval_seconds, items_17',
  'POST /api/webhooks/stripe, /api/v1/webhooks/17/deliveries, /IncomingWebhook/17',
  '?signature=short, 4112+1111=5223, 2 // 0.5',
  `spawnargs: [ '--no-password', 'app' ], '--password', '--host', 'db'`,
  'docker run -p 8080:80 -u 1000:1000 --user node:node\ncurl -u is missing, mysql -P 3306, redis-cli -n 2',
  `{"name":"page","value":"17"} name=password value=null <input type="password" name="password">`,
  `curl -H 'Accept: text/html' -b jar.txt https://x`,
  'mnemonic: missing, passphrase: required',
  'private key: missing, key: 17, primary key: id_1',
]
