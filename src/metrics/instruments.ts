import type { MetricDefinition } from './definitions.ts'
import type { LabelArguments, LabelRules, LabelsOf } from './label-types.ts'

/** What every instrument of a catalogue has. */
interface Instrument<Kind extends MetricDefinition['kind'], Rules extends LabelRules> {
  /** How it was declared. */
  readonly definition: MetricDefinition<Kind, Rules>
}

/** Counts what only goes up. */
export interface Counter<Rules extends LabelRules> extends Instrument<'counter', Rules> {
  /** Adds `value`, a finite number of at least 0. Never throws. */
  add(value: number, ...labels: LabelArguments<Rules>): void
}

/** Counts what goes up and down. */
export interface UpDownCounter<Rules extends LabelRules> extends Instrument<
  'upDownCounter',
  Rules
> {
  /** Adds `value`, a finite number. Never throws. */
  add(value: number, ...labels: LabelArguments<Rules>): void
}

/** Shows the newest of values that are set. */
export interface Gauge<Rules extends LabelRules> extends Instrument<'gauge', Rules> {
  /** Sets the series with these labels; with what is no finite number the series goes: its old value would be a lie. Never throws. */
  set(value: number, ...labels: LabelArguments<Rules>): void
  /**
   * Takes every series away that has these labels, all of them without any, and makes room under the bounds.
   *
   * @returns how many there were
   */
  remove(labels?: Partial<LabelsOf<Rules>>): number
}

/** Shows values that are asked for at each scrape. */
export type ObservableGauge<Rules extends LabelRules> = Instrument<'observableGauge', Rules>

/** Counts measurements in buckets. */
export interface Histogram<Rules extends LabelRules> extends Instrument<'histogram', Rules> {
  /** Records `value`, a finite number of at least 0. Never throws. */
  record(value: number, ...labels: LabelArguments<Rules>): void
}

/** The instrument that a definition becomes. */
export type InstrumentOf<Definition> =
  Definition extends MetricDefinition<'counter', infer Rules>
    ? Counter<Rules>
    : Definition extends MetricDefinition<'upDownCounter', infer Rules>
      ? UpDownCounter<Rules>
      : Definition extends MetricDefinition<'gauge', infer Rules>
        ? Gauge<Rules>
        : Definition extends MetricDefinition<'observableGauge', infer Rules>
          ? ObservableGauge<Rules>
          : Definition extends MetricDefinition<'histogram', infer Rules>
            ? Histogram<Rules>
            : never

/** Instruments by the names that the application gave them. */
export type Catalogue<Definitions> = {
  readonly [Key in keyof Definitions]: InstrumentOf<Definitions[Key]>
}
