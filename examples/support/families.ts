import { parseExposition, type Sample } from './exposition.ts'

/** A metric with all its series, as Prometheus text has it. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

/** Reads Prometheus text by family; the parts of a histogram belong to it. */
export function parseFamilies(text: string): Map<string, Family> {
  const families = new Map<string, Family & { samples: Sample[] }>()
  const family = (name: string): Family & { type: string; help: string; samples: Sample[] } => {
    const known = families.get(name)
    if (known) return known
    const fresh = { name, type: 'untyped', help: '', samples: [] }
    families.set(name, fresh)
    return fresh
  }
  for (const [, word, name = '', rest = ''] of text.matchAll(/^# (TYPE|HELP) (\S+) ?(.*)$/gm)) {
    if (word === 'TYPE') family(name).type = rest.trim()
    else family(name).help = rest.trim()
  }
  for (const sample of parseExposition(text)) {
    const histogram = sample.name.replace(/_(?:bucket|sum|count)$/, '')
    const isPart = families.get(histogram)?.type === 'histogram'
    family(isPart ? histogram : sample.name).samples.push(sample)
  }
  return families
}
