import { keyValues, list, text, type SettingsOf } from '../config/setting.ts'

/** Who is speaking: what every span, metric and log record says of its sender. */
export interface ResourceOptions {
  /** Name of the service. Without it, the name in the nearest package.json, and a warning. */
  serviceName?: string | undefined
  /** Version of the service. Without it, the version in the nearest package.json. */
  serviceVersion?: string | undefined
  /** Tells this process from others of the service. Default: a random UUID. */
  serviceInstanceId?: string | undefined
  /** Where it runs, such as `production` or `staging`. */
  deploymentEnvironment?: string | undefined
  /** Further resource attributes. */
  resourceAttributes?: Readonly<Record<string, string>> | undefined
  /** What is found out about the machine: `host`, `os`, `process`, `container`, `aws`, `gcp`, `azure`, `all` or `none`. Default host, os, process; those that call cloud metadata addresses are off. */
  resourceDetectors?: readonly string[] | undefined
}

export const resourceSettings = {
  serviceName: text<string | undefined>({ env: 'OTEL_SERVICE_NAME', default: undefined }),
  serviceVersion: text<string | undefined>({ env: 'TELLTALE_SERVICE_VERSION', default: undefined }),
  serviceInstanceId: text<string | undefined>({
    env: 'TELLTALE_SERVICE_INSTANCE_ID',
    default: undefined,
  }),
  deploymentEnvironment: text<string | undefined>({
    env: 'TELLTALE_DEPLOYMENT_ENVIRONMENT',
    default: undefined,
  }),
  resourceAttributes: keyValues<Readonly<Record<string, string>>>({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    default: {},
  }),
  resourceDetectors: list<readonly string[]>({
    env: 'OTEL_NODE_RESOURCE_DETECTORS',
    default: ['host', 'os', 'process'],
    words: [
      'env',
      'host',
      'os',
      'process',
      'serviceinstance',
      'container',
      'aws',
      'gcp',
      'azure',
      'alibaba',
      'all',
      'none',
    ],
  }),
} satisfies SettingsOf<ResourceOptions>
