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

/** What the levels are, for whoever has loggers that follow them. */
export interface LevelState {
  /** What `default` means. */
  configured: LevelSettings
  current: LevelSettings
  /** Called after each change. */
  readonly followers: Set<() => void>
}

/** The state of levels that nobody has changed: `info` for all components. */
export function newLevelState(): LevelState {
  const levels: LevelSettings = { level: 'info', components: {} }
  return { configured: levels, current: levels, followers: new Set() }
}

/**
 * Creates the levels of this copy of the package.
 *
 * @param getState - asked when it is needed first
 */
export function createLogLevels(getState: () => LevelState = newLevelState): LogLevels {
  const known = new Map<string, { readonly component: string; severity: number }>()
  let found: LevelState | undefined
  const severityOf = (component: string): number => {
    const { level, components } = state().current
    // Another version may have levels that this one does not know.
    return SEVERITY[ownIn(components, component) ?? level] ?? SEVERITY.info
  }
  const update = (): void => {
    for (const level of known.values()) level.severity = severityOf(level.component)
  }
  const state = (): LevelState => {
    if (found) return found
    found = getState()
    found.followers.add(update)
    return found
  }
  const restore = (levels: LevelSettings): void => {
    state().current = levels
    for (const follow of state().followers) follow()
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
      state().configured = settings
      restore(settings)
    },
    restore,
    set(level, component) {
      const { configured, current } = state()
      if (component === undefined) {
        restore({ ...current, level: level === 'default' ? configured.level : level })
        return
      }
      const own = new Map(Object.entries(current.components))
      const wanted = level === 'default' ? ownIn(configured.components, component) : level
      if (wanted === undefined) own.delete(component)
      else if (own.has(component) || own.size < MAX_COMPONENTS) own.set(component, wanted)
      restore({ level: current.level, components: Object.fromEntries(own) })
    },
    current: () => ({ ...state().current, components: { ...state().current.components } }),
  }
}

function ownIn(components: LevelSettings['components'], component: string): LogLevel | undefined {
  return Object.hasOwn(components, component) ? components[component] : undefined
}
