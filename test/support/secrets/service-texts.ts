import type { SecretText } from './corpus.ts'

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
  'private key: missing, key: 17, primary key: id_1',
]
