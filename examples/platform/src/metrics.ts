import { counter, defineMetrics, gauge, histogram, upTo } from 'telltale'

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const
export const LIFECYCLE_EVENTS = ['created', 'started', 'stopped', 'destroyed'] as const

// Thousands of tenants, machines and resources are normal here: open up to a bound that no day of theirs comes near.
const tenant_id = upTo(10_000)
const method = upTo(10)
const vm_id = upTo(50_000)
const resource_id = upTo(50_000)
const node = upTo(200)

/** The team's metrics, with the team's names and labels. */
export const metrics = defineMetrics({
  requests: counter({
    name: 'sankofa_api_requests_total',
    description: 'Requests answered.',
    labels: { tenant_id, method, status: upTo(30) },
  }),
  duration: histogram({
    name: 'sankofa_api_request_duration_seconds',
    unit: 's',
    description: 'Time from a request to the end of its answer.',
    labels: { tenant_id, method },
  }),
  connectionsActive: gauge({
    name: 'sankofa_db_connections_active',
    description: 'Connections to the database that are in use.',
  }),
  connectionsMax: gauge({
    name: 'sankofa_db_connections_max',
    description: 'Connections to the database at the most.',
  }),
  keycloakAuthentications: counter({
    name: 'sankofa_keycloak_authentications_total',
    description: 'Log-ins at Keycloak.',
    labels: { result: ['success', 'failure'] },
  }),
  activeUsers: gauge({
    name: 'sankofa_tenant_active_users',
    description: 'Users who have sent a request in the last quarter of an hour.',
    labels: { tenant_id },
  }),

  cost: gauge({
    name: 'sankofa_billing_cost_usd',
    description: 'Cost of a resource in the current month.',
    labels: { tenant_id, service: upTo(50), resource_id },
  }),
  costRate: gauge({
    name: 'sankofa_billing_cost_rate_usd_per_hour',
    description: 'What all resources of a tenant cost in an hour.',
    labels: { tenant_id },
  }),
  costForecast: gauge({
    name: 'sankofa_billing_cost_forecast_usd',
    description: 'Cost of the whole month, if it goes on like this.',
    labels: { tenant_id },
  }),
  budget: gauge({
    name: 'sankofa_billing_budget_usd',
    description: "A tenant's budget for a month.",
    labels: { tenant_id },
  }),
  budgetUtilization: gauge({
    name: 'sankofa_billing_budget_utilization_percent',
    unit: '%',
    description: "How much of a tenant's budget is spent.",
    labels: { tenant_id },
  }),

  vmCpu: gauge({
    name: 'sankofa_proxmox_vm_cpu_usage_percent',
    unit: '%',
    description: "Share of a machine's processors in use.",
    labels: { tenant_id, vm_id },
  }),
  vmInfo: gauge({
    name: 'sankofa_proxmox_vm_info',
    description: 'A machine, always 1.',
    labels: {
      tenant_id,
      vm_id,
      name: upTo(50_000),
      node,
      status: ['running', 'stopped', 'paused'],
    },
  }),
  vmLifecycle: counter({
    name: 'sankofa_proxmox_vm_lifecycle_events_total',
    description: 'Machines that were created, started, stopped or destroyed.',
    labels: { tenant_id, event: LIFECYCLE_EVENTS },
  }),
  nodeCpu: gauge({
    name: 'sankofa_proxmox_node_cpu_usage_percent',
    unit: '%',
    description: "Share of a node's processors in use.",
    labels: { node },
  }),
  nodeMemory: gauge({
    name: 'sankofa_proxmox_node_memory_usage_percent',
    unit: '%',
    description: "Share of a node's memory in use.",
    labels: { node },
  }),
  storagePool: gauge({
    name: 'sankofa_proxmox_storage_pool_usage_percent',
    unit: '%',
    description: 'Share of a storage pool in use.',
    labels: { node, pool: upTo(100) },
  }),
  networkReceived: counter({
    name: 'sankofa_proxmox_network_receive_bytes_total',
    unit: 'By',
    description: 'Bytes that the machines of a node have received.',
    labels: { node },
  }),
  networkSent: counter({
    name: 'sankofa_proxmox_network_transmit_bytes_total',
    unit: 'By',
    description: 'Bytes that the machines of a node have sent.',
    labels: { node },
  }),

  hostCpu: gauge({
    name: 'sankofa_host_cpu_usage_percent',
    unit: '%',
    description: "Load of the host's processors over the last minute.",
    labels: { host: upTo(10) },
  }),
  hostMemory: gauge({
    name: 'sankofa_host_memory_usage_percent',
    unit: '%',
    description: "Share of the host's memory in use.",
    labels: { host: upTo(10) },
  }),
  hostDisk: gauge({
    name: 'sankofa_host_disk_usage_percent',
    unit: '%',
    description: "Share of the host's disk in use.",
    labels: { host: upTo(10) },
  }),

  policyViolations: counter({
    name: 'sankofa_security_policy_violations_total',
    description: 'Attempts at what a policy forbids.',
    labels: { tenant_id, severity: SEVERITIES },
  }),
  incidentResponse: histogram({
    name: 'sankofa_security_incident_response_seconds',
    unit: 's',
    description: 'Time from the report of an incident to its end.',
    labels: { tenant_id, severity: SEVERITIES },
    buckets: [60, 300, 900, 1_800, 3_600, 14_400, 86_400],
  }),
  auditRecords: counter({
    name: 'sankofa_audit_records_total',
    description: 'Records that this service has put into the audit trail.',
    labels: { tenant_id },
  }),
})
