import { flag, list, type SettingsOf } from '../config/setting.ts'
import { isHostPattern } from './host-list.ts'

/** What crosses process borders in HTTP headers. */
export interface PropagationOptions {
  /** `tracecontext`, `baggage`, `b3`, `b3multi` (these need `@opentelemetry/propagator-b3`) or `none`. Default tracecontext and baggage. */
  propagators?: readonly string[] | undefined
  /** Entries of the baggage that may cross the border of this process, in or out. Default `tenant_id`. */
  baggageKeys?: readonly string[] | undefined
  /** Hosts that baggage is sent to: `billing`, `billing:8080`, `*.internal.example`, or `*` for every one. Default none. */
  baggageHosts?: readonly string[] | undefined
  /** Whether baggage that comes with a request is believed: whoever can reach this service can name any tenant in it. Default false. */
  acceptBaggage?: boolean | undefined
}

export const propagationSettings = {
  propagators: list<readonly string[]>({
    env: 'OTEL_PROPAGATORS',
    default: ['tracecontext', 'baggage'],
    words: ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'],
  }),
  baggageKeys: list<readonly string[]>({
    env: 'TELLTALE_BAGGAGE_KEYS',
    default: ['tenant_id'],
    rule: 'a list of names: letters, digits and _.*/-',
    accepts: (key) => /^[\w.*/-]{1,128}$/.test(key),
  }),
  baggageHosts: list<readonly string[]>({
    env: 'TELLTALE_BAGGAGE_HOSTS',
    default: [],
    rule: 'a list of hosts, such as billing, billing:8080, *.internal.example, [::1]:8080 or *',
    accepts: isHostPattern,
  }),
  acceptBaggage: flag({ env: 'TELLTALE_BAGGAGE_ACCEPT', default: false }),
} satisfies SettingsOf<PropagationOptions>
