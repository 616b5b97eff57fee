import { list, type SettingsOf } from '../config/setting.ts'

/** What crosses process borders in HTTP headers. */
export interface PropagationOptions {
  /** `tracecontext`, `baggage`, `b3`, `b3multi` (these need `@opentelemetry/propagator-b3`) or `none`. Default tracecontext and baggage. */
  propagators?: readonly string[] | undefined
}

export const propagationSettings = {
  propagators: list<readonly string[]>({
    env: 'OTEL_PROPAGATORS',
    default: ['tracecontext', 'baggage'],
    words: ['tracecontext', 'baggage', 'b3', 'b3multi', 'none'],
  }),
} satisfies SettingsOf<PropagationOptions>
