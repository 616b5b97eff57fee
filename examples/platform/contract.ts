import type { Promised, PromisedMetric } from '../support/contract.ts'
import { queries } from './queries.ts'

const metric = (
  name: string,
  type: PromisedMetric['type'],
  labels: readonly string[],
): PromisedMetric => ({ kind: 'metric', name, type, labels })

/** What the team of the platform was promised. */
export const contract: readonly Promised[] = [
  {
    ...metric('sankofa_api_requests_total', 'counter', ['tenant_id', 'method', 'status']),
    values: { tenant_id: ['tenant-1', 'tenant-2'], status: ['200', '202', '401', '404', '503'] },
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
    values: { result: ['success', 'failure'] },
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
    values: { event: ['started', 'stopped', 'destroyed'] },
  },
  metric('sankofa_security_policy_violations_total', 'counter', ['tenant_id', 'severity']),
  metric('sankofa_security_incident_response_seconds', 'histogram', ['tenant_id', 'severity']),
  metric('sankofa_audit_records_total', 'counter', ['tenant_id']),
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
  { kind: 'setting', name: 'every log line of tenant work carries tenant_id' },
  { kind: 'setting', name: 'every span of tenant work carries tenant_id' },
  { kind: 'setting', name: 'the tenant does not leave to hosts that are not listed' },
  { kind: 'setting', name: 'what belongs to one tenant is not there for another' },
  { kind: 'setting', name: 'a tenant that is gone leaves no series behind' },
  { kind: 'setting', name: 'beyond the bound a gauge drops the series and counts it' },
  { kind: 'setting', name: '100 000 tenants cost no more than the bound' },
  { kind: 'setting', name: 'DatabaseConnectionPoolExhausted sees a pool that is exhausted' },
  { kind: 'setting', name: 'requests are answered while Proxmox is away' },
  {
    kind: 'trace',
    name: 'a tenant starts a machine',
    spans: [/^POST \/vms\/:id\/start$/, /^POST$/],
  },
  { kind: 'auditEvent', name: 'vm_started', columns: ['tenant_id', 'target_id', 'request_id'] },
  { kind: 'auditEvent', name: 'budget_changed', columns: ['tenant_id', 'target_id'] },
  { kind: 'auditEvent', name: 'policy_violated', columns: ['tenant_id', 'target_id'] },
  { kind: 'auditEvent', name: 'tenant_removed', columns: ['tenant_id', 'target_id'] },
  { kind: 'healthCheck', name: 'database' },
  { kind: 'healthCheck', name: 'proxmox' },
  ...queries,
]
