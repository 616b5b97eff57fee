import type { Promised, PromisedAuditEvent, PromisedMetric } from '../support/contract.ts'
import { queries } from './queries.ts'

const metric = (
  name: string,
  type: PromisedMetric['type'],
  labels: readonly string[],
): PromisedMetric => ({ kind: 'metric', name, type, labels })

const auditEvent = (
  name: string,
  values: Readonly<Record<string, string>>,
): PromisedAuditEvent => ({
  kind: 'auditEvent',
  name,
  columns: ['target_type', 'source_id', 'request_id', 'trace_id'],
  values: { actor_type: 'user', outcome: 'success', ...values },
})

/** What the team of the platform was promised. */
export const contract: readonly Promised[] = [
  {
    ...metric('sankofa_api_requests_total', 'counter', ['tenant_id', 'method', 'status']),
    values: {
      tenant_id: ['tenant-1', 'tenant-2'],
      status: ['200', '202', '400', '401', '404', '413', '503'],
    },
  },
  metric('sankofa_db_connections_active', 'gauge', []),
  metric('sankofa_db_connections_max', 'gauge', []),
  {
    ...metric('sankofa_billing_cost_usd', 'gauge', ['tenant_id', 'service', 'resource_id']),
    values: { tenant_id: ['tenant-1', 'tenant-2'], service: ['compute', 'storage', 'network'] },
  },
  metric('sankofa_billing_cost_rate_usd_per_hour', 'gauge', ['tenant_id']),
  metric('sankofa_billing_budget_usd', 'gauge', ['tenant_id']),
  metric('sankofa_billing_budget_utilization_percent', 'gauge', ['tenant_id']),
  metric('sankofa_proxmox_vm_cpu_usage_percent', 'gauge', ['tenant_id', 'vm_id']),
  {
    ...metric('sankofa_proxmox_vm_info', 'gauge', ['tenant_id', 'vm_id', 'name', 'node', 'status']),
    values: { tenant_id: ['tenant-1', 'tenant-2'], status: ['running', 'stopped'] },
  },
  // Charted by the team's dashboards; the names are ours, in the team's scheme.
  metric('sankofa_api_request_duration_seconds', 'histogram', ['tenant_id', 'method']),
  {
    ...metric('sankofa_keycloak_authentications_total', 'counter', ['result']),
    counted: { result: ['success', 'failure'] },
  },
  metric('sankofa_tenant_active_users', 'gauge', ['tenant_id']),
  metric('sankofa_host_cpu_usage_percent', 'gauge', ['host']),
  metric('sankofa_host_memory_usage_percent', 'gauge', ['host']),
  metric('sankofa_host_disk_usage_percent', 'gauge', ['host']),
  metric('sankofa_proxmox_node_cpu_usage_percent', 'gauge', ['node']),
  metric('sankofa_proxmox_node_memory_usage_percent', 'gauge', ['node']),
  metric('sankofa_proxmox_storage_pool_usage_percent', 'gauge', ['node', 'pool']),
  metric('sankofa_proxmox_network_receive_bytes_total', 'counter', ['node']),
  metric('sankofa_proxmox_network_transmit_bytes_total', 'counter', ['node']),
  {
    ...metric('sankofa_proxmox_vm_lifecycle_events_total', 'counter', ['tenant_id', 'event']),
    counted: { event: ['started', 'stopped', 'destroyed'] },
  },
  {
    ...metric('sankofa_security_policy_violations_total', 'counter', ['tenant_id', 'severity']),
    counted: { tenant_id: ['tenant-1'], severity: ['high'] },
  },
  metric('sankofa_security_incident_response_seconds', 'histogram', ['tenant_id', 'severity']),
  {
    ...metric('sankofa_audit_records_total', 'counter', ['tenant_id']),
    counted: { tenant_id: ['tenant-1', 'tenant-2', 'tenant-3'] },
  },
  metric('sankofa_billing_cost_forecast_usd', 'gauge', ['tenant_id']),

  {
    kind: 'log',
    name: "a tenant's errors, by the team's selector",
    query: '{tenant_id="tenant-1", level="error"}',
    tenant: 'tenant-1',
  },
  {
    kind: 'log',
    name: "API errors, by the team's selector with the range given to the query",
    query: '{service="api", level="error"} | json',
    tenant: 'tenant-1',
  },
  {
    kind: 'log',
    name: "authentication failures, by the team's selector",
    // Whoever is refused belongs to no tenant.
    query: '{component="auth"} | json | status="failed"',
    fields: ['username'],
  },
  {
    kind: 'log',
    name: 'all four labels of a stream',
    query: '{tenant_id="tenant-1", service="api", level="info", component="api"}',
    tenant: 'tenant-1',
    fields: ['request_id'],
  },
  {
    kind: 'log',
    name: 'security events timeline',
    query: '{component="security", level="warn"}',
    tenant: 'tenant-1',
    fields: ['tenant_id', 'request_id', 'severity'],
  },
  {
    kind: 'log',
    name: 'a policy violation among them',
    query: '{component="security", level="warn"} |= "policy violated"',
    tenant: 'tenant-1',
    fields: ['tenant_id', 'request_id', 'vm_id', 'severity'],
  },
  { kind: 'setting', name: 'authentication failures can be counted' },
  { kind: 'setting', name: 'logs of one tenant are invisible to another' },
  { kind: 'setting', name: "each line of a request is its own tenant's" },
  { kind: 'setting', name: 'every log line of tenant work carries tenant_id' },
  { kind: 'setting', name: 'every span of tenant work carries tenant_id' },
  { kind: 'setting', name: 'the tenant does not leave to hosts that are not listed' },
  { kind: 'setting', name: 'what belongs to one tenant is not there for another' },
  { kind: 'setting', name: 'a tenant that is gone leaves no series behind' },
  { kind: 'setting', name: 'beyond the bound a gauge drops the series and counts it' },
  { kind: 'setting', name: '100 000 tenants cost no more than the bound' },
  { kind: 'setting', name: 'DatabaseConnectionPoolExhausted sees a pool that is exhausted' },
  { kind: 'setting', name: 'the gauges of the pool say what is in use, and how much there is' },
  { kind: 'setting', name: 'machines that were stopped and started are counted as such' },
  { kind: 'setting', name: 'log-ins are counted as they ended' },
  { kind: 'setting', name: 'WATCH_INTERVAL_MILLIS' },
  { kind: 'setting', name: 'gauges about money say what was spent and may be spent' },
  { kind: 'setting', name: 'gauges about the cluster and the host are in percent' },
  { kind: 'setting', name: 'bytes that machines receive and send are counted once' },
  { kind: 'setting', name: 'the time of an incident is in seconds' },
  { kind: 'setting', name: 'requests are answered while Proxmox is away' },
  { kind: 'setting', name: 'a request that failed is one error in the log' },
  {
    kind: 'trace',
    name: 'a tenant starts a machine',
    spans: [/^POST \/vms\/:id\/start$/, /^POST$/],
  },
  {
    ...auditEvent('vm_started', { tenant_id: 'tenant-1', actor_id: 'ada', target_id: '102' }),
    detailsLike: { node: /^pve1$/, task: /^UPID:pve1:.*:qmstart:102:/ },
  },
  {
    ...auditEvent('budget_changed', {
      tenant_id: 'tenant-2',
      actor_id: 'grace',
      target_id: 'tenant-2',
    }),
    detailsLike: { usd: /^950\.00$/ },
  },
  auditEvent('policy_violated', {
    tenant_id: 'tenant-1',
    actor_id: 'ada',
    target_id: '201',
    outcome: 'failure',
  }),
  auditEvent('tenant_removed', {
    tenant_id: 'tenant-3',
    actor_id: 'linus',
    target_id: 'tenant-3',
  }),
  { kind: 'healthCheck', name: 'database' },
  { kind: 'healthCheck', name: 'proxmox' },
  ...queries,
]
