import { REDACTED, SECRET_ENDINGS, SECRET_NAMES } from '../src/core/redaction.ts'
import { page } from './markdown.ts'

/** What is kept out of logs and audit records, from the rules themselves. */
export function redactionPage(): string {
  return page(
    'Redaction',
    `What stands under the name of a secret is replaced by \`${REDACTED}\`, whatever it is and however deep: in attributes and bodies of log records, before they are printed or sent, and in audit records, before their evidence is made. What is redacted is written nowhere; of an audit record it cannot be had back.`,
    'Names are compared whatever their case and without spaces, `_`, `-` and `.`; of a dotted name the last part counts as well. So `x-api-key`, `X_API_KEY` and `http.request.header.x-api-key` are the same.',
    '## Names',
    toList(SECRET_NAMES),
    'The setting `redactNames`, or `TELLTALE_REDACT_NAMES`, adds to them: `TELLTALE_REDACT_NAMES=iban,card_number`.',
    '## Endings',
    `Whatever ends so is a secret too, such as \`newPassword\`: ${toList(SECRET_ENDINGS)}.`,
    '## In texts',
    'Tokens are found in any text, under any name: `Bearer` and what follows it, and JSON Web Tokens. The rest of the text stays.',
    '## What is not redacted',
    'Lines that pino writes to stdout itself (its own `redact` option does that; the copy that goes to the Collector is redacted here); attributes of the resource, which the operator sets; spans and metrics; and what no rule can know for a secret, such as a password in the middle of a sentence. Details of people that must be erasable later are declared as `erasable`: see the guide to the audit trail.',
  )
}

function toList(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ')
}
