import type { Instrumentation } from '@opentelemetry/instrumentation'
import { expectTypeOf } from 'expect-type'
import { init, type InitOptions, type Status, type Telltale } from '../../src/index.ts'

expectTypeOf(init).parameter(0).toEqualTypeOf<InitOptions | undefined>()
expectTypeOf(init).returns.toEqualTypeOf<Telltale>()

declare const instrumentation: Instrumentation

// Every place of the options takes its own.
expectTypeOf({
  serviceName: 'shop',
  instrumentations: [instrumentation],
  otlp: { endpoint: 'http://collector:4318', protocol: 'http/json' },
  tracing: { sampler: 'parentbased_traceidratio', samplerArgument: '0.1' },
  logging: { exporters: ['otlp', 'console'] },
  audit: { endpoint: 'http://collector:4319', token: 'secret' },
  admin: { port: 0 },
} as const).toExtend<InitOptions>()

// @ts-expect-error -- an option that is none
init({ servicename: 'shop' })

// @ts-expect-error -- an option that is none, in its place
init({ audit: { endpont: 'http://collector:4319' } })

// @ts-expect-error -- a place that is none
init({ traceing: {} })

// @ts-expect-error -- a text where a number belongs
init({ admin: { port: '9090' } })

// @ts-expect-error -- a sampler that is none
init({ tracing: { sampler: 'sometimes' } })

// @ts-expect-error -- OTLP over gRPC is not spoken
init({ otlp: { protocol: 'grpc' } })

declare const telltale: Telltale
expectTypeOf(telltale.status()).toEqualTypeOf<Status>()
expectTypeOf(telltale.forceFlush({ timeoutMillis: 100 })).resolves.toBeVoid()
expectTypeOf(telltale.shutdown()).resolves.toBeVoid()

// What is asked of the handle cannot be changed through it.
// @ts-expect-error -- read-only
telltale.status().active = false
