import { ownText } from '../core/cut-text.ts'
import { isMap, isSet } from '../core/value-kinds.ts'
import type { LabelRule, LabelRules } from './label-types.ts'
import { toLabelText } from './label-text.ts'

/** What values beyond a bound become. */
export const OTHER = 'other'

/** What becomes of labels that are outside the list or beyond a bound: they are folded into `other`, or the series is left out. */
export type BeyondBound = 'fold' | 'drop'

/** One series: its labels as texts, and its value. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** What a counter has not handed over yet, or what a gauge shows. */
  value: number
  /** Whether a counter's value waits to be handed over. */
  waiting: boolean
  /** Whether it has been asked for, and labels that the metric does not have have been looked for. */
  used: boolean
}

/**
 * What happened to labels that could not be taken as they are; `label` is the first of them, or the metric's own bound. A label that
 * the metric does not have is ignored; that is noticed where it comes with the first measurement of a series.
 */
export interface Misfit {
  readonly outcome: 'folded' | 'dropped' | 'ignored'
  readonly label: string | undefined
  readonly why: 'missing' | 'unusable' | 'unlisted' | 'bound' | 'undeclared'
}

/** A level of the tree of labels; below the last one are series. */
type Branch = Map<string, Branch | Series>

interface Label {
  readonly name: string
  /** The listed values; nothing for an open label. */
  readonly listed: ReadonlySet<string> | undefined
  readonly bound: number
  /** Values of an open label that have series, with how many. */
  readonly used: Map<string, number>
}

/** The series of one metric by their labels: never more than its bounds allow. */
export interface SeriesTable {
  readonly size: number
  /** The series of these labels, made if there is room; nothing if they were left out. Throws what a getter throws. */
  find(labels: unknown): Series | undefined
  /** Takes every series away that has these labels; answers how many. */
  remove(labels: unknown): number
  /** Takes the one series with exactly these labels away, if there is one. */
  removeOne(labels: unknown): void
  /** Takes every other series away; answers how many. */
  keepOnly(series: ReadonlySet<Series>): number
  values(): Iterable<Series>
}

/**
 * Makes the table; `tell` hears of each measurement whose labels could not be taken as they are.
 *
 * @param makeRoom - asked when a bound is reached: takes away what is not needed any more, and answers whether there was any
 */
export function createSeriesTable(
  rules: LabelRules,
  maxSeries: number,
  beyond: BeyondBound,
  tell: (misfit: Misfit) => void,
  makeRoom: () => boolean = () => false,
): SeriesTable {
  const labels = Object.entries(rules).map(([name, rule]) => toLabel(name, rule))
  const names = labels.map(({ name }) => name)
  const all = new Set<Series>()
  const root: Branch = new Map()
  let alone: Series | undefined

  function find(given: unknown): Series | undefined {
    if (labels.length === 0) return use((alone ??= add([])), given)
    if (typeof given !== 'object' || given === null) return settle({})
    const values = given as Readonly<Record<string, unknown>>
    // The way that is taken nearly always: as few steps as there are labels, and nothing is made.
    let place: Branch | Series | undefined = root
    for (const name of names) {
      const value: unknown = values[name]
      const text = typeof value === 'string' ? value : toLabelText(value)
      place = text === undefined ? undefined : (place as Branch).get(text)
      if (place === undefined) return settle(values)
    }
    const series = place as Series
    return series.used ? series : use(series, values)
  }

  /** To look at each measurement would cost more than all else that is done for it. */
  function use(series: Series, given: unknown): Series {
    if (series.used) return series
    series.used = true
    if (typeof given !== 'object' || given === null) return series
    const undeclared = Object.keys(given).find((name) => !names.includes(name))
    if (undeclared !== undefined) {
      tell({ outcome: 'ignored', label: undeclared, why: 'undeclared' })
    }
    return series
  }

  function settle(values: Readonly<Record<string, unknown>>): Series | undefined {
    const texts: string[] = []
    let misfit: Misfit | undefined
    for (const label of labels) {
      const { text, why } = fit(label, values[label.name])
      if (why !== undefined) misfit ??= toMisfit(label.name, why)
      texts.push(text)
    }
    let series = misfit?.outcome === 'dropped' ? undefined : at(texts)
    if (!series && all.size >= maxSeries && hasOpen(labels)) misfit ??= toMisfit(undefined, 'bound')
    if (misfit?.why === 'bound' && makeRoom()) return settle(values)
    if (misfit) tell(misfit)
    if (misfit?.outcome === 'dropped') return undefined
    if (!series && all.size >= maxSeries) {
      // Folded as a whole: what is left are the combinations of listed values.
      const folded = texts.map((text, index) => (labels[index]!.listed ? text : OTHER))
      series = at(folded) ?? add(folded)
    }
    return use(series ?? add(texts), values)
  }

  function fit(
    label: Label,
    value: unknown,
  ): { readonly text: string; readonly why?: Misfit['why'] } {
    const text = toLabelText(value)
    if (text === undefined)
      return { text: OTHER, why: value === undefined ? 'missing' : 'unusable' }
    if (label.listed) return label.listed.has(text) ? { text } : { text: OTHER, why: 'unlisted' }
    if (beyond === 'fold' && text === OTHER) return { text }
    if (label.used.has(text) || label.used.size < label.bound) return { text }
    return { text: OTHER, why: 'bound' }
  }

  function toMisfit(label: string | undefined, why: Misfit['why']): Misfit {
    return { outcome: beyond === 'fold' ? 'folded' : 'dropped', label, why }
  }

  function at(texts: readonly string[]): Series | undefined {
    let place: Branch | Series | undefined = root
    for (const text of texts) {
      place = (place as Branch).get(text)
      if (place === undefined) return undefined
    }
    return place as Series
  }

  function add(given: readonly string[]): Series {
    const texts = given.map(ownText)
    const series: Series = {
      // One frozen object for the life of the series: by it :9090 knows the series again, and the text it was put into.
      labels: Object.freeze(Object.fromEntries(texts.map((text, index) => [names[index]!, text]))),
      value: 0,
      waiting: false,
      used: false,
    }
    let branch = root
    texts.forEach((text, index) => {
      const label = labels[index]!
      if (!label.listed && !(beyond === 'fold' && text === OTHER)) {
        label.used.set(text, (label.used.get(text) ?? 0) + 1)
      }
      if (index === texts.length - 1) {
        branch.set(text, series)
        return
      }
      const next = (branch.get(text) as Branch | undefined) ?? new Map()
      branch.set(text, next)
      branch = next
    })
    all.add(series)
    return series
  }

  function remove(given: unknown): number {
    // All goes only if that is asked for: a map or a text has no labels, and none is what stands for all.
    if (given !== undefined && !isPlain(given)) return 0
    const values = (given ?? {}) as Readonly<Record<string, unknown>>
    const wanted = labels.map(({ name }) =>
      Object.hasOwn(values, name) ? { text: toLabelText(values[name]) } : undefined,
    )
    if (Object.keys(values).some((name) => !names.includes(name))) return 0
    if (labels.length > 0) return removeBelow(root, 0)
    const removed = all.size
    all.clear()
    alone = undefined
    return removed

    function removeBelow(branch: Branch, level: number): number {
      const only = wanted[level]
      const keys = only ? [only.text].filter((text) => text !== undefined) : [...branch.keys()]
      let removed = 0
      for (const key of keys) {
        const place = branch.get(key)
        if (place === undefined) continue
        const isLast = level === labels.length - 1
        const here = isLast ? 1 : removeBelow(place as Branch, level + 1)
        if (isLast) all.delete(place as Series)
        if (isLast || (place as Branch).size === 0) branch.delete(key)
        release(labels[level]!, key, here)
        removed += here
      }
      return removed
    }
  }

  return {
    get size() {
      return all.size
    },
    find,
    remove,
    removeOne(given) {
      const values = (given ?? {}) as Readonly<Record<string, unknown>>
      const texts = names.map((name) => [name, toLabelText(values[name])] as const)
      if (texts.every(([, text]) => text !== undefined)) remove(Object.fromEntries(texts))
    },
    keepOnly(kept) {
      let removed = 0
      if (kept.size === all.size) return removed
      for (const series of all) if (!kept.has(series)) removed += remove(series.labels)
      return removed
    },
    values: () => all,
  }
}

function toLabel(name: string, rule: LabelRule): Label {
  const open = 'upTo' in rule
  return {
    name,
    listed: open ? undefined : new Set(rule.map((value) => toLabelText(value) ?? '')),
    bound: open ? rule.upTo : rule.length,
    used: new Map(),
  }
}

/** An object with members; not a list, a map or the like. */
function isPlain(given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return false
  return !Array.isArray(given) && !isMap(given) && !isSet(given)
}

function hasOpen(labels: readonly Label[]): boolean {
  return labels.some(({ listed }) => !listed)
}

/** Makes room under an open label's bound. */
function release({ listed, used }: Label, text: string, count: number): void {
  if (listed) return
  const left = (used.get(text) ?? 0) - count
  if (left > 0) used.set(text, left)
  else used.delete(text)
}
