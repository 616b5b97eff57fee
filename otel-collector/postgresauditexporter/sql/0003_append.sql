-- The only two ways into the trail. The writer may run these functions and nothing else.

SELECT pg_advisory_xact_lock(8387229094112226405);

SET ROLE audit_owner;

-- Storing must mean stored: a role or database set to synchronous_commit = off would have the
-- Collector acknowledge what a crash of the server still loses. Stronger settings are left alone.
CREATE OR REPLACE FUNCTION audit.require_durable_commit() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF current_setting('synchronous_commit') IN ('off', 'local') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
END
$$;
COMMENT ON FUNCTION audit.require_durable_commit() IS 'Raises synchronous_commit to on for this transaction if it is weaker.';

CREATE OR REPLACE FUNCTION audit.append_records(
  record_ids uuid[], event_names text[], occurred_ats timestamptz[], occurred_unix_nanos bigint[],
  actor_ids text[], actor_types text[], actions text[], outcomes text[],
  target_types text[], target_ids text[], source_ids text[], source_types text[],
  tenant_ids text[], request_ids text[], user_agents text[], trace_ids text[], span_ids text[],
  service_names text[], schema_versions text[],
  stream_ids text[], sequence_numbers bigint[], prev_hashes bytea[],
  hashes bytea[], evidences bytea[], evidence_bys text[], evidence_formats text[],
  ingested_bys text[], detailses jsonb[], attributeses jsonb[], resources jsonb[]
) RETURNS TABLE (place bigint, result text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  inserted_places bigint[];
BEGIN
  PERFORM audit.require_durable_commit();

  -- Sorted by id, so that two Collectors with the same records wait for each other instead of
  -- deadlocking; the first of two equal ids in the batch wins.
  WITH offered AS (
    SELECT DISTINCT ON (o.record_id) o.*
    FROM unnest(record_ids, event_names, occurred_ats, occurred_unix_nanos, actor_ids, actor_types,
      actions, outcomes, target_types, target_ids, source_ids, source_types, tenant_ids, request_ids,
      user_agents, trace_ids, span_ids, service_names, schema_versions, stream_ids, sequence_numbers,
      prev_hashes, hashes, evidences, evidence_bys, evidence_formats, ingested_bys, detailses,
      attributeses, resources) WITH ORDINALITY AS o (record_id, event_name, occurred_at,
      occurred_unix_nano, actor_id, actor_type, action, outcome, target_type, target_id, source_id,
      source_type, tenant_id, request_id, user_agent, trace_id, span_id, service_name, schema_version,
      stream_id, sequence_number, prev_hash, hash, evidence, evidence_by, evidence_format, ingested_by,
      details, attributes, resource, place)
    ORDER BY o.record_id, o.place
  ), inserted AS (
    INSERT INTO audit.records (record_id, event_name, occurred_at, occurred_unix_nano, actor_id,
      actor_type, action, outcome, target_type, target_id, source_id, source_type, tenant_id,
      request_id, user_agent, trace_id, span_id, service_name, schema_version, stream_id,
      sequence_number, prev_hash, hash, evidence, evidence_by, evidence_format, ingested_by, details,
      attributes, resource)
    SELECT o.record_id, o.event_name, coalesce(o.occurred_at, clock_timestamp()), o.occurred_unix_nano, o.actor_id,
      o.actor_type, o.action, o.outcome, o.target_type, o.target_id, o.source_id, o.source_type, o.tenant_id,
      o.request_id, o.user_agent, o.trace_id, o.span_id, o.service_name, o.schema_version, o.stream_id,
      o.sequence_number, o.prev_hash, o.hash, o.evidence, o.evidence_by, o.evidence_format, o.ingested_by, o.details,
      o.attributes, o.resource
    FROM offered o ORDER BY o.record_id
    ON CONFLICT DO NOTHING
    RETURNING record_id
  )
  SELECT coalesce(array_agg(o.place), '{}') INTO inserted_places
  FROM inserted i JOIN offered o ON o.record_id = i.record_id;

  IF cardinality(inserted_places) = cardinality(record_ids) THEN
    RETURN QUERY SELECT p, 'inserted'::text FROM unnest(inserted_places) AS p;
    RETURN;
  END IF;

  -- A second statement, because the first cannot see rows that others committed while it ran.
  INSERT INTO audit.conflicts (record_id, hash, stored_hash, evidence, evidence_by, evidence_format, ingested_by)
  SELECT DISTINCT ON (o.record_id, o.hash) o.record_id, o.hash, r.hash, o.evidence, o.evidence_by, o.evidence_format, o.ingested_by
  FROM unnest(record_ids, hashes, evidences, evidence_bys, evidence_formats, ingested_bys) WITH ORDINALITY
    AS o (record_id, hash, evidence, evidence_by, evidence_format, ingested_by, place)
  JOIN audit.records r ON r.record_id = o.record_id
  WHERE r.hash <> o.hash
  ORDER BY o.record_id, o.hash, o.place
  ON CONFLICT DO NOTHING;

  RETURN QUERY
  SELECT o.place, CASE
    WHEN i.place IS NOT NULL THEN 'inserted'
    WHEN r.hash = o.hash THEN 'duplicate'
    WHEN r.hash <> o.hash THEN 'conflict'
    END
  FROM unnest(record_ids, hashes) WITH ORDINALITY AS o (record_id, hash, place)
  LEFT JOIN unnest(inserted_places) AS i (place) ON i.place = o.place
  LEFT JOIN audit.records r ON r.record_id = o.record_id;
END
$$;
COMMENT ON FUNCTION audit.append_records IS 'Stores audit records once each and says for every one, by its place from 1: inserted, duplicate (same id, same hash) or conflict (same id, other hash: kept in audit.conflicts).';

CREATE OR REPLACE FUNCTION audit.append_quarantine(raws bytea[], reasons text[], ingested_bys text[]) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
DECLARE
  added bigint;
BEGIN
  PERFORM audit.require_durable_commit();
  INSERT INTO audit.quarantine (raw_hash, raw, reason, ingested_by)
  SELECT DISTINCT ON (sha256(q.raw)) sha256(q.raw), q.raw, q.reason, q.ingested_by
  FROM unnest(raws, reasons, ingested_bys) WITH ORDINALITY AS q (raw, reason, ingested_by, place)
  ORDER BY sha256(q.raw), q.place
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS added = ROW_COUNT;
  RETURN added;
END
$$;
COMMENT ON FUNCTION audit.append_quarantine IS 'Keeps records that cannot be stored, as raw OTLP bytes with the reason. Answers how many were new.';

REVOKE ALL ON FUNCTION audit.require_durable_commit(), audit.append_records, audit.append_quarantine FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO audit_writer, audit_auditor;
GRANT EXECUTE ON FUNCTION audit.append_records, audit.append_quarantine TO audit_writer;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (3, 'append') ON CONFLICT DO NOTHING;
