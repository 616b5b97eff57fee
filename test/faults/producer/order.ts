/** What a producer is told, as JSON in `FAULTS_ORDER`. */
export interface ProducerOrder {
  /** File of its account, appended to. */
  readonly ledger: string
  /** Records each second, in groups of chance size; 0 only delivers what others have left. */
  readonly perSecond: number
  /** How it ends by itself; a signal ends it otherwise. */
  readonly end?: ProducerEnd
  /** Whether each record is made in a span, beside a log record. Default false. */
  readonly telemetry?: boolean
  /** What the promise of a record stands for. Default the SDK's own. */
  readonly durability?: 'spooled' | 'stored'
  /** Length of a text in the details of each record. Default 100. */
  readonly textLength?: number
}

/** An end from within, once so many records are recorded. */
export interface ProducerEnd {
  readonly how: 'exit' | 'throw' | 'reject' | 'drain'
  readonly afterRecorded: number
}

/** The variable that carries the order. */
export const ORDER_VARIABLE = 'FAULTS_ORDER'

/** Kinds of lines in an account: begun before `audit.record()`, recorded or refused after its promise settled. */
export const ledgerMarks = { begun: 'b', recorded: 'r', refused: 'x' } as const

/** What a producer of odd data is told. */
export interface DataOrder {
  readonly ledger: string
  /** A key of `dataCases`. */
  readonly dataCase: string
  readonly rounds: number
}

/** What tells one odd record from another wherever it ends: as the id of its target. */
export function newMark(chance: Buffer): string {
  return `mark-${chance.toString('hex')}`
}

/** The same for PostgreSQL. */
export const MARK_PATTERN = 'mark-[0-9a-f]{16}'

/** What a flood is told. */
export interface FloodOrder {
  /** Base URL of the OTLP endpoint. */
  readonly otlp: string
  readonly signals: readonly ('traces' | 'logs')[]
}

/** What a sink is told. */
export interface SinkOrder {
  /** Where it writes its port once it listens. */
  readonly portFile: string
}
