-- What people query, and who may.

SELECT pg_advisory_xact_lock(8387229094112226405);

CREATE OR REPLACE VIEW audit.trail AS
SELECT record_id, occurred_at, recorded_at, event_name, actor_type, actor_id, action, outcome,
  target_type, target_id, source_type, source_id, tenant_id, request_id, user_agent, trace_id, span_id,
  service_name, stream_id, sequence_number, details, encode(hash, 'hex') AS hash, evidence_by
FROM audit.records;
ALTER VIEW audit.trail OWNER TO audit_owner;
COMMENT ON VIEW audit.trail IS 'The audit trail for reading: who did what to what, when, from where, with which result.';

-- In public, so that the analysts' queries find it without a schema name.
CREATE OR REPLACE VIEW public.audit_events AS
SELECT record_id, event_name AS event, occurred_at AS created_at, actor_id AS user_id,
  target_type AS resource, target_id AS resource_id, action, outcome AS result,
  -- Only what is a number becomes one: a single bad amount must not fail everybody's sums.
  CASE WHEN length(details ->> 'amount') <= 100
    AND details ->> 'amount' ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
    THEN (details ->> 'amount')::numeric END AS amount,
  source_id AS ip, user_agent, details AS metadata, tenant_id, request_id, trace_id, service_name
FROM audit.records;
ALTER VIEW public.audit_events OWNER TO audit_owner;
COMMENT ON VIEW public.audit_events IS 'Audit records under the names analysts know. amount is details.amount where that is a number, else NULL.';

DO $$
DECLARE
  view_name text;
  view_column text;
  meaning text;
BEGIN
  FOR view_name, view_column, meaning IN
    SELECT c.oid::regclass::text, a.attname, CASE a.attname
      WHEN 'hash' THEN 'SHA-256 of the evidence, hexadecimal.'
      WHEN 'amount' THEN 'details.amount as a number; NULL if it is none.'
      ELSE coalesce(col_description('audit.records'::regclass, r.attnum), 'See the column of audit.records behind it.') END
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN (VALUES ('event', 'event_name'), ('created_at', 'occurred_at'), ('user_id', 'actor_id'),
      ('resource', 'target_type'), ('resource_id', 'target_id'), ('result', 'outcome'), ('ip', 'source_id'),
      ('metadata', 'details')) AS alias (new, old) ON alias.new = a.attname AND c.relname = 'audit_events'
    LEFT JOIN pg_attribute r ON r.attrelid = 'audit.records'::regclass AND r.attname = coalesce(alias.old, a.attname)
    WHERE c.oid IN ('audit.trail'::regclass, 'public.audit_events'::regclass)
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, view_column, meaning);
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA audit TO audit_auditor;
GRANT SELECT ON audit.records, audit.quarantine, audit.conflicts, audit.schema_migrations, audit.trail, public.audit_events TO audit_auditor;

INSERT INTO audit.schema_migrations (version, name) VALUES (4, 'views') ON CONFLICT DO NOTHING;
