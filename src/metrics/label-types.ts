/** What a label's value may be written as; it is exposed as text. */
export type LabelValue = string | number | boolean

/** A label whose values are not known beforehand: as many different ones as its bound. */
export interface UpTo {
  readonly upTo: number
}

/** A label's values: all of them, or how many there may be. */
export type LabelRule = readonly LabelValue[] | UpTo

/** The labels of a metric, by name. */
export type LabelRules = Readonly<Record<string, LabelRule>>

/** A metric without labels. */
export type NoLabels = { readonly [Name in never]: LabelRule }

/** The labels that a measurement must be given: exactly the declared ones, each with a declared value. */
export type LabelsOf<Rules extends LabelRules> = {
  readonly [Name in keyof Rules]: Rules[Name] extends readonly (infer Value)[] ? Value : LabelValue
}

/** Nothing for a metric without labels; all its labels otherwise. */
export type LabelArguments<Rules extends LabelRules> = keyof Rules extends never
  ? readonly []
  : readonly [labels: LabelsOf<Rules>]

/**
 * A label that is open up to so many different values; what comes beyond them is folded into `other` by a counter and a
 * histogram, and left out by a gauge.
 */
export function upTo(bound: number): UpTo {
  return Object.freeze({ upTo: bound })
}
