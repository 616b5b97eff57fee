import { writeFileSync } from 'node:fs'
import { evidenceVectors } from './evidence-vectors.ts'
import { sealVectors } from './seal-vectors.ts'

/** The fixtures that are made here, by path: a test holds the files equal. */
export function vectorFiles(): Readonly<Record<string, string>> {
  return {
    'test/fixtures/audit/evidence-vectors.json': toText(evidenceVectors()),
    'test/fixtures/audit/seal-vectors.json': toText(sealVectors()),
  }
}

/** One vector on a line: a change shows as the lines that changed. */
function toText(vectors: object): string {
  const members = Object.entries(vectors).map(([name, value]: [string, unknown]) => {
    const lines = Array.isArray(value)
      ? `[\n  ${value.map((one) => JSON.stringify(one)).join(',\n  ')}\n ]`
      : JSON.stringify(value)
    return ` ${JSON.stringify(name)}: ${lines}`
  })
  return `{\n${members.join(',\n')}\n}\n`
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(vectorFiles())) {
    writeFileSync(new URL(`../../../${path}`, import.meta.url), text)
  }
}
