import { REDACTED } from './redacted.ts'

/** What its maker has given a prefix, so that it can be found. */
const TOKEN = new RegExp(
  `(?<![A-Za-z0-9])(?:${[
    'gh[pousr]_[A-Za-z0-9]{16,255}',
    'github_pat_\\w{16,255}',
    'glpat-[\\w-]{16,255}',
    'xox[a-z][.-][\\w.-]{8,255}',
    'xapp-[\\w-]{8,255}',
    '[rs]k_(?:live|test)_\\w{8,255}',
    'whsec_[\\w+/=-]{8,255}',
    'npm_[A-Za-z0-9]{30,255}',
    'AIza[\\w-]{30,255}',
    'SG\\.[\\w-]{16,255}\\.[\\w-]{16,255}',
    'hf_[A-Za-z0-9]{30,255}',
    'shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{32}',
    'dop_v1_[a-f0-9]{64}',
    'hvs\\.[\\w-]{24,255}',
    'pypi-[\\w-]{50,255}',
    'sq0[a-z]{3}-[\\w-]{22,255}',
    'ya29\\.[\\w-]{20,255}',
    'ATATT[\\w=-]{50,255}',
    'lin_api_[A-Za-z0-9]{32,255}',
    'AGE-SECRET-KEY-1[A-Z0-9]{50,255}',
    'GOCSPX-[\\w-]{20,255}',
    'sbp_[a-f0-9]{40}',
    '\\d{8,10}:AA[\\w-]{33}',
    'sk-(?=[A-Za-z_-]{0,255}\\d)[\\w-]{20,255}',
  ].join('|')})`,
  'g',
)

/** The text without tokens that have the prefix of their maker. */
export function replaceTokens(text: string): string {
  return text.replace(TOKEN, REDACTED)
}
