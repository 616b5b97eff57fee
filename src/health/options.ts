import { flag, oneOf, type SettingsOf } from '../config/setting.ts'

export const SHAPES = ['nested', 'flat'] as const

/** Settings of the health answers; an application may ask for others where it mounts them itself. */
export interface HealthOptions {
  /** Shape of the answers on the admin server: `nested` has an object for each check, `flat` its status only. Default `nested`. */
  shape?: (typeof SHAPES)[number] | undefined
  /** Whether answers show what checks say besides their status; secrets are redacted in any case. Default true. */
  messages?: boolean | undefined
}

export const healthSettings = {
  shape: oneOf(SHAPES, { env: 'TELLTALE_HEALTH_SHAPE', default: 'nested' }),
  messages: flag({ env: 'TELLTALE_HEALTH_MESSAGES', default: true }),
} satisfies SettingsOf<HealthOptions>
