-- What people query, and who may.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

CREATE OR REPLACE VIEW audit.trail AS
SELECT r.record_id, r.occurred_at, r.recorded_at, r.event_name, r.actor_type, r.actor_id, r.action, r.outcome,
  r.target_type, r.target_id, r.source_type, r.source_id, r.tenant_id, r.request_id, r.user_agent, r.trace_id, r.span_id,
  r.service_name, r.stream_id, r.sequence_number, r.details || coalesce(a.details, '{}') AS details,
  encode(r.hash, 'hex') AS hash, r.evidence_by, r.ingested_by
FROM audit.records r LEFT JOIN audit.annexes a ON a.record_id = r.record_id;
ALTER VIEW audit.trail OWNER TO audit_owner;
COMMENT ON VIEW audit.trail IS 'The audit trail for reading: who did what to what, when, from where, with which result. Details include those of an annex as long as it is not erased.';

-- In public, so that the analysts' queries find it without a schema name. It leaves out what the trail
-- says about itself: nobody counts that as business.
CREATE OR REPLACE VIEW public.audit_events AS
SELECT e.record_id, e.event_name AS event, e.occurred_at AS created_at, e.actor_id AS user_id,
  e.target_type AS resource, e.target_id AS resource_id, e.action, e.outcome AS result,
  -- Only what is a number becomes one: a single bad amount must not fail everybody's sums.
  CASE WHEN length(e.details ->> 'amount') <= 100
    AND e.details ->> 'amount' ~ '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$'
    THEN (e.details ->> 'amount')::numeric END AS amount,
  e.source_id AS ip, e.user_agent, e.details AS metadata, e.tenant_id, e.request_id, e.trace_id, e.service_name
FROM audit.trail e
WHERE e.event_name NOT LIKE 'telltale.audit.%';
ALTER VIEW public.audit_events OWNER TO audit_owner;
COMMENT ON VIEW public.audit_events IS 'Audit records under the names analysts know, without those of the trail about itself. amount is details.amount where that is a number, else NULL.';

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
      WHEN 'details' THEN 'audit.details, joined with those of the annex as long as it is not erased.'
      WHEN 'metadata' THEN 'audit.details, joined with those of the annex as long as it is not erased.'
      ELSE coalesce(col_description('audit.records'::regclass, r.attnum), 'See the column of audit.records behind it.') END
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    LEFT JOIN (VALUES ('event', 'event_name'), ('created_at', 'occurred_at'), ('user_id', 'actor_id'),
      ('resource', 'target_type'), ('resource_id', 'target_id'), ('result', 'outcome'), ('ip', 'source_id'))
      AS alias (new, old) ON alias.new = a.attname AND c.relname = 'audit_events'
    LEFT JOIN pg_attribute r ON r.attrelid = 'audit.records'::regclass AND r.attname = coalesce(alias.old, a.attname)
    WHERE c.oid IN ('audit.trail'::regclass, 'public.audit_events'::regclass)
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', view_name, view_column, meaning);
  END LOOP;
END
$$;

GRANT SELECT ON audit.trail, public.audit_events TO audit_auditor;

INSERT INTO audit.schema_migrations (version, name) VALUES (5, 'views') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
