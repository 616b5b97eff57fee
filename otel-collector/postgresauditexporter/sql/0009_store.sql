-- Storing with less work: rows come out of the arrays without a detour, and what is long is compressed by
-- lz4 where the server has it, which takes a fraction of the time of PostgreSQL's own pglz.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

CREATE OR REPLACE FUNCTION audit.append_records(
  sealer uuid, seal bigint,
  record_ids uuid[], occurred_ats timestamptz[], occurred_unix_nanos bigint[], sequence_numbers bigint[],
  event_names text[], actor_ids text[], actor_types text[], actions text[], outcomes text[],
  target_types text[], target_ids text[], source_ids text[], source_types text[],
  tenant_ids text[], request_ids text[], user_agents text[], trace_ids text[], span_ids text[],
  service_names text[], schema_versions text[], stream_ids text[], prev_hashes bytea[], annex_hashes bytea[],
  hashes bytea[], evidences bytea[], evidence_bys text[], evidence_formats text[],
  ingested_bys text[], detailses jsonb[], attributeses jsonb[], resources jsonb[]
) RETURNS TABLE (record_id uuid, stored_hash bytea)
-- work_mem, so that a group of 8 MiB is not written to a temporary file on its way.
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET work_mem = '64MB' AS $$
#variable_conflict use_column
BEGIN
  IF audit.is_refused() THEN RETURN; END IF;
  PERFORM audit.require_durable_commit();

  BEGIN
    -- Without ON CONFLICT, which looks every id up twice. The place in the arrays is the leaf's, and the ids come in ascending order: two Collectors with
    -- the same records then wait for each other instead of deadlocking.
    -- The arrays are unnested in the select list, all in step: as a function in FROM each of them would first be
    -- written out as a table of its own.
    INSERT INTO audit.records (sealer_id, seal_number, leaf_index, record_id, occurred_at,
      occurred_unix_nano, sequence_number, event_name, actor_id, actor_type, action, outcome,
      target_type, target_id, source_id, source_type, tenant_id, request_id, user_agent, trace_id, span_id,
      service_name, schema_version, stream_id, prev_hash, annex_hash, hash, evidence, evidence_by,
      evidence_format, ingested_by, details, attributes, resource)
    SELECT sealer, seal, o.place - 1, o.record_id, coalesce(o.occurred_at, now()),
      o.occurred_unix_nano, o.sequence_number, o.event_name, o.actor_id, o.actor_type, o.action, o.outcome,
      o.target_type, o.target_id, o.source_id, o.source_type, o.tenant_id, o.request_id, o.user_agent, o.trace_id, o.span_id,
      o.service_name, o.schema_version, o.stream_id, o.prev_hash, o.annex_hash, o.hash, o.evidence, o.evidence_by,
      o.evidence_format, o.ingested_by, o.details, o.attributes, o.resource
    FROM (SELECT unnest(record_ids) AS record_id, unnest(occurred_ats) AS occurred_at, unnest(occurred_unix_nanos) AS occurred_unix_nano,
      unnest(sequence_numbers) AS sequence_number, unnest(event_names) AS event_name, unnest(actor_ids) AS actor_id,
      unnest(actor_types) AS actor_type, unnest(actions) AS action, unnest(outcomes) AS outcome, unnest(target_types) AS target_type,
      unnest(target_ids) AS target_id, unnest(source_ids) AS source_id, unnest(source_types) AS source_type, unnest(tenant_ids) AS tenant_id,
      unnest(request_ids) AS request_id, unnest(user_agents) AS user_agent, unnest(trace_ids) AS trace_id, unnest(span_ids) AS span_id,
      unnest(service_names) AS service_name, unnest(schema_versions) AS schema_version, unnest(stream_ids) AS stream_id,
      unnest(prev_hashes) AS prev_hash, unnest(annex_hashes) AS annex_hash, unnest(hashes) AS hash, unnest(evidences) AS evidence,
      unnest(evidence_bys) AS evidence_by, unnest(evidence_formats) AS evidence_format, unnest(ingested_bys) AS ingested_by,
      unnest(detailses) AS details, unnest(attributeses) AS attributes, unnest(resources) AS resource,
      generate_series(1, cardinality(record_ids)) AS place) AS o;
    PERFORM set_config('telltale.audit_inserted', 'on', true);
    RETURN;
  EXCEPTION WHEN unique_violation THEN
    -- Caught here, so that what was inserted is taken back and a redelivery is no error in the server's log.
    PERFORM set_config('telltale.audit_refused', 'on', true);
  END;

  -- A statement of its own, because the first cannot see rows that others committed while it ran.
  RETURN QUERY SELECT r.record_id, r.hash FROM audit.records r WHERE r.record_id = ANY (record_ids);
END
$$;

CREATE OR REPLACE FUNCTION audit.ensure_partitions(months_ahead integer DEFAULT 24)
RETURNS TABLE (partition_name text, state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  this_month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
  month      timestamp;
  before     text := coalesce(current_setting('telltale.audit_maintenance', true), '');
BEGIN
  PERFORM pg_advisory_xact_lock(8387229094112226405);
  PERFORM set_config('telltale.audit_maintenance', 'on', true);
  -- From last month on: records that waited in a spool carry older ids.
  FOR month IN SELECT generate_series(this_month - interval '1 month', this_month + make_interval(months => months_ahead), interval '1 month') LOOP
    partition_name := 'records_' || to_char(month, 'YYYY_MM');
    IF to_regclass('audit.' || quote_ident(partition_name)) IS NOT NULL THEN
      state := 'exists';
    ELSE
      BEGIN
        -- Made apart and then attached, because PARTITION OF would lock out every writer meanwhile.
        EXECUTE format('CREATE TABLE audit.%I (LIKE audit.records INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMPRESSION INCLUDING COMMENTS)', partition_name);
        EXECUTE format('ALTER TABLE audit.records ATTACH PARTITION audit.%I FOR VALUES FROM (%L) TO (%L)', partition_name,
          audit.first_id_at(month AT TIME ZONE 'UTC'), audit.first_id_at((month + interval '1 month') AT TIME ZONE 'UTC'));
        EXECUTE format('COMMENT ON TABLE audit.%I IS %L', partition_name, 'Audit records with ids of ' || to_char(month, 'YYYY-MM') || ' (UTC).');
        PERFORM audit.guard_partition(partition_name);
        state := 'created';
      EXCEPTION WHEN check_violation THEN
        -- Records of that month are in records_default already and may not be moved; they stay readable there.
        RAISE WARNING 'audit.% not created: audit.records_default holds ids of that month', partition_name;
        state := 'blocked';
      END;
    END IF;
    RETURN NEXT;
  END LOOP;
  PERFORM set_config('telltale.audit_maintenance', before, true);
END
$$;

-- For rows from now on; those that are stored stay as they are and both can be read. Earlier files may have
-- made partitions anew, so each is looked at.
DO $$
DECLARE
  pending record;
BEGIN
  FOR pending IN
    SELECT c.oid::regclass AS relation, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE (c.oid = 'audit.records'::regclass OR c.oid IN (SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = 'audit.records'::regclass))
      AND a.attname IN ('evidence', 'details', 'attributes', 'resource') AND a.attcompression <> 'l'
    -- First the table, then its partitions: in the order in which whoever stores or reads locks them.
    ORDER BY c.oid <> 'audit.records'::regclass, c.oid
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', pending.relation, pending.attname);
  END LOOP;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'audit.records is compressed by pglz: this server was built without lz4';
END
$$;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (9, 'store') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
