/** The levels of the logger, from the most talkative to the gravest. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const

/** How grave a log record is. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** OpenTelemetry's severity number of each level. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
}

/** Whether a text names a level. */
export function isLogLevel(value: unknown): value is LogLevel {
  return LOG_LEVELS.includes(value as LogLevel)
}

/** What is written: a level for all components, and those that have one of their own. */
export interface LevelSettings {
  readonly level: LogLevel
  readonly components: Readonly<Record<string, LogLevel>>
}

/** The level of one component now; every logger of it looks here before each record. */
export interface ComponentLevel {
  readonly component: string
  /** Severity numbers below this one are not written. */
  readonly severity: number
}

/** The levels of a process, changeable while it runs. */
export interface LogLevels {
  /** The level of a component, which stays up to date. */
  of(component: string): ComponentLevel
  /** What `default` means from now on, and what holds from now on. */
  configure(settings: LevelSettings): void
  /**
   * Changes the level of one component, or of all that have none of their own.
   *
   * @param level - `default`: as the settings have it
   */
  set(level: LogLevel | 'default', component?: string): void
  current(): LevelSettings
  /** Makes the levels what they were; what `default` means stays. */
  restore(levels: LevelSettings): void
}

/** Components that are told apart; names may come from anywhere, and each is a stream in Loki. */
export const MAX_COMPONENTS = 1_000

/** The name of every component beyond {@link MAX_COMPONENTS}. */
const OTHER = 'other'

/** Creates the levels, `info` for all components until they are configured. */
export function createLogLevels(): LogLevels {
  let configured: LevelSettings = { level: 'info', components: {} }
  let general = configured.level
  let own = new Map<string, LogLevel>()
  const known = new Map<string, { readonly component: string; severity: number }>()
  const severityOf = (component: string): number => SEVERITY[own.get(component) ?? general]
  const update = (): void => {
    for (const level of known.values()) level.severity = severityOf(level.component)
  }
  const restore = (levels: LevelSettings): void => {
    general = levels.level
    own = new Map(Object.entries(levels.components))
    update()
  }
  return {
    of(given) {
      const component = known.has(given) || known.size < MAX_COMPONENTS ? given : OTHER
      let level = known.get(component)
      if (!level) {
        level = { component, severity: severityOf(component) }
        known.set(component, level)
      }
      return level
    },
    configure(settings) {
      configured = settings
      restore(settings)
    },
    restore,
    set(level, component) {
      if (component === undefined) general = level === 'default' ? configured.level : level
      else {
        const wanted = level === 'default' ? ownIn(configured, component) : level
        if (wanted === undefined) own.delete(component)
        else if (own.has(component) || own.size < MAX_COMPONENTS) own.set(component, wanted)
      }
      update()
    },
    current: () => ({ level: general, components: Object.fromEntries(own) }),
  }
}

function ownIn({ components }: LevelSettings, component: string): LogLevel | undefined {
  return Object.hasOwn(components, component) ? components[component] : undefined
}
