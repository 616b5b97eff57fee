import { REDACTED, SECRET_ENDINGS, SECRET_NAMES } from '../src/core/redaction.ts'
import { SECRET_SHAPES } from '../src/core/secret-shapes.ts'
import { markdownTable, page } from './markdown.ts'

/** What is kept out of all signals, from the rules themselves. */
export function redactionPage(): string {
  return page(
    'Redaction',
    `What stands under the name of a secret is replaced by \`${REDACTED}\`, whatever it is and however deep, and so is what has the shape of a secret, wherever it stands. What is redacted is written nowhere; of an audit record it cannot be had back.`,
    markdownTable(
      ['where', 'what is searched'],
      [
        [
          'log records, those of pino too',
          'body, attributes and their names, before they are printed or sent',
        ],
        [
          'spans',
          'name, status message, attributes of the span, its events (exceptions too) and links, before they are sent',
        ],
        [
          'audit records',
          'actor, target, source, request id, tenant, user agent, details and their names, before the evidence is made; the copies of them too',
        ],
        ['metrics', 'label values, by shape only: a label named `token` may be a currency'],
        ['resource', 'what `OTEL_RESOURCE_ATTRIBUTES` and `init()` give it'],
      ],
    ),
    'Names are compared whatever their case and without the signs between their words; of a path the last part that is no index counts as well. So `x-api-key`, `X_API_KEY`, `http.request.header.x-api-key.0` and `headers[x-api-key]` are the same.',
    '## Names',
    toList(SECRET_NAMES),
    'The setting `redactNames`, or `TELLTALE_REDACT_NAMES`, adds to them: `TELLTALE_REDACT_NAMES=iban,card_number`.',
    '## Endings',
    `Whatever ends so is a secret too, such as \`newPassword\` or \`apiKey2\`: ${toList(SECRET_ENDINGS)}.`,
    '## By what stands beside it',
    'In log records, spans and the resource also: the `value` beside a `name`, `key` or `header` that is a name of a secret, and such pairs in a list (`[["cookie", "…"]]`) or in `rawHeaders`; the private parts of a JSON Web Key; `pass` beside a user; the lines of a private key in a list. Bytes are searched as the text that they may be.',
    '## In texts',
    'Found in any text, under any name; the rest of the text stays:',
    SECRET_SHAPES.map(({ about }) => `- ${about}`).join('\n'),
    'A text is searched in time that grows with its length, whatever it is made of; how long it takes, `npm run bench -- logger` measures.',
    '## What is not redacted',
    'Lines that pino writes to stdout itself (its own `redact` option does that; the copy that goes to the Collector is redacted here); names of span attributes, of metrics and of audit details; and what no rule can know for a secret, such as a password of letters in the middle of a sentence, or a secret that is encoded once more. Hashes, ids, order numbers and base64 stay. Details of people that must be erasable later are declared as `erasable`: see the guide to the audit trail.',
  )
}

function toList(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
