import { REDACTED } from './redacted.ts'
import { WORD_START } from './secret-starts.ts'

/** What its maker has given a prefix, so that it can be found. Telegram has it behind `/bot` in its addresses. */
const TOKEN = new RegExp(
  `(?:${WORD_START}(?:${[
    'gh[pousr]_[A-Za-z0-9]{16,255}',
    '(?:github|dckr)_pat_[\\w-]{16,255}',
    'gl(?:pat|ptt|rt|dt|cbt|ft|soat|imt|oas)-[\\w.-]{16,255}',
    'xox[a-z][.-](?=[\\w.-]{0,64}\\d)[\\w.-]{8,255}',
    'xapp-[\\w-]{8,255}',
    '[rs]k_(?:live|test)_\\w{8,255}',
    'whsec_[\\w+/=-]{8,255}',
    'npm_[A-Za-z0-9]{30,255}',
    'AIza[\\w-]{30,255}',
    'SG\\.[\\w-]{16,255}\\.[\\w-]{16,255}',
    'hf_[A-Za-z0-9]{30,255}',
    'shp(?:at|ss|ca|pa)_[A-Fa-f0-9]{32}',
    'dop_v1_[a-f0-9]{64}',
    'hv[sbr]\\.[\\w-]{24,255}',
    'pypi-[\\w-]{50,255}',
    'sq0[a-z]{3}-[\\w-]{22,255}',
    'ya29\\.[\\w-]{20,255}',
    'ATATT[\\w=-]{50,255}',
    'lin_api_[A-Za-z0-9]{32,255}',
    'AGE-SECRET-KEY-1[A-Z0-9]{50,255}',
    'GOCSPX-[\\w-]{20,255}',
    'sbp_[a-f0-9]{40}',
    'sntry[su]_[\\w=+/.-]{40,255}',
    'glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}',
    'glc_[\\w+/=]{32,255}',
    'NRAK-[A-Z0-9]{24,255}',
    'PMAK-[a-f0-9-]{40,255}',
    'ntn_[A-Za-z0-9]{40,255}',
    'gsk_[A-Za-z0-9]{40,255}',
    'rubygems_[a-f0-9]{48}',
    'pscale_(?:tkn|pw)_[\\w.-]{32,255}',
    '1//0[\\w-]{30,255}',
    'secret_(?=[A-Za-z]{0,255}\\d)[A-Za-z0-9]{20,255}',
    'sk-(?=[A-Za-z_-]{0,255}\\d)[\\w-]{20,255}',
  ].join('|')})|(?:${WORD_START}|(?<=/bot))\\d{8,10}:AA[\\w-]{33})`,
  'g',
)

/** The text without tokens that have the prefix of their maker. */
export function replaceTokens(text: string): string {
  return text.replace(TOKEN, REDACTED)
}
